// SPDX-License-Identifier: Apache-2.0
import { allOperations, isProvable, type Operation } from '@thingledger/protocol';
import { readEvents } from './events.js';
import { Transport, type ClientOptions, type ClientRequest } from './transport.js';
import type { CallOptions, Client, EventOptions } from './types.js';

type Members = Readonly<Record<string, unknown>>;

/** A client of one gateway: its methods are bound from the operation definitions, here and now. */
export function createClient(options: ClientOptions): Client {
  const transport = new Transport(options);
  const calls = allOperations.map((operation) => [
    operation.name,
    (input: Members, call?: CallOptions) => transport.json(requestOf(operation, input), call),
  ]);
  const bulk = allOperations
    .filter(({ rest, name }) => rest.method !== 'get' && name !== 'runBatch')
    .map(({ name }) => [
      name,
      (inputs: readonly Members[], call?: CallOptions) =>
        transport.json({ method: 'POST', path: `/bulk/${name}`, body: inputs }, call),
    ]);
  const verified = (verify: 'peers' | 'proof', which: (operation: Operation) => boolean): unknown =>
    Object.fromEntries(
      allOperations
        .filter(which)
        .map((operation) => [
          operation.name,
          (input: Members, call?: CallOptions) =>
            transport.json(requestOf(operation, { ...input, verify }), call),
        ]),
    );
  // The names and types of all methods follow from the list they were just made from.
  return Object.fromEntries([
    ...calls,
    ['bulk', Object.fromEntries(bulk)],
    ['compared', verified('peers', ({ mode }) => mode === 'evaluate')],
    ['proven', verified('proof', isProvable)],
    ['events', (stream?: EventOptions) => readEvents(transport, stream)],
  ]) as Client;
}

/** Where each member of an input goes: into the path, else the query of a read or the body of a write. */
export function requestOf({ rest }: Operation, input: Members): ClientRequest {
  const rested: Record<string, unknown> = { ...input };
  const path = rest.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = rested[name];
    if (value === undefined) throw new TypeError(`${rest.path} needs "${name}"`);
    Reflect.deleteProperty(rested, name);
    return encodeURIComponent(textOf(value));
  });
  const method = rest.method.toUpperCase();
  if (rest.method !== 'get') return { method, path, body: rested };
  const query = new URLSearchParams(
    Object.entries(rested).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, textOf(value)]],
    ),
  );
  return { method, path: query.size === 0 ? path : `${path}?${query.toString()}` };
}

/** Paths and queries carry texts and numbers; anything else is a mistake the gateway will name. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
