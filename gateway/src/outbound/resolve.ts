// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6, type LookupFunction } from 'node:net';
import { addressAllowed } from './address-policy.js';

/** One answer of the name service. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Asks the name service for all addresses of a host. */
export type Resolver = (host: string) => Promise<readonly ResolvedAddress[]>;

/** The operating system's resolver. */
export const systemResolver: Resolver = (host) => lookup(host, { all: true, verbatim: true });

/**
 * The addresses of a host, all of them allowed; undefined when a single one is not. One bad answer among good ones is
 * how a rebinding attack looks, so nothing is picked out.
 */
export async function resolveAllowed(
  host: string,
  resolver: Resolver,
  allowPrivate: boolean,
): Promise<readonly ResolvedAddress[] | undefined> {
  const bare = host.replace(/^\[|\]$/g, '');
  const found = isIP(bare) === 0 ? await resolver(bare) : [{ address: bare, family: isIPv6(bare) ? 6 : 4 }];
  return found.length > 0 && found.every(({ address }) => addressAllowed(address, allowPrivate))
    ? found
    : undefined;
}

/**
 * The addresses of a host, all of them allowed; `forbidden` when one is not, `unknown` when there is no such name, no name
 * service, or no answer before `signal` aborts.
 */
export async function resolveWithin(
  host: string,
  {
    resolver = systemResolver,
    allowPrivate,
  }: { readonly resolver?: Resolver; readonly allowPrivate: boolean },
  signal: AbortSignal,
): Promise<readonly ResolvedAddress[] | 'forbidden' | 'unknown'> {
  if (signal.aborted) return 'unknown';
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('late')), { once: true });
  });
  try {
    return (await Promise.race([resolveAllowed(host, resolver, allowPrivate), late])) ?? 'forbidden';
  } catch {
    return 'unknown';
  }
}

/** A look-up hook that answers with the checked addresses and never asks again: the connection goes where we looked. */
export function pinned(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, done) => {
    if (options.all === true) {
      done(
        null,
        addresses.map(({ address, family }) => ({ address, family })),
      );
      return;
    }
    const [first] = addresses;
    done(first ? null : new Error('no address'), first?.address ?? '', first?.family ?? 4);
  };
}
