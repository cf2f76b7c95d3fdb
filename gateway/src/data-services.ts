// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Logger } from 'pino';
import { VerifierAgent, type VerifierOptions } from './agents/verifier/index.js';
import { dataHandlers, publicServices, type DataHandlers, type PublicServices } from './data-answers.js';
import {
  InformationServerClient,
  LedgerDirectory,
  startInformationServer,
  type FetchOptions,
  type RunningServer,
  type ServerOptions,
} from './information-server/index.js';
import type { LedgerReader } from './ledger/reader.js';
import type { Principal } from './principal.js';
import { Vault } from './vault/index.js';

/** What a member's data services are made of. */
export interface DataServicesOptions {
  /** The gateway's data folder; the vault and the agent's queue lie in it. */
  readonly dir: string;
  /** The member's own identity (its administrator): reads the ledger for the server, signs deletion certificates. */
  readonly service: Principal;
  readonly reader: LedgerReader;
  /** `port` 0 takes a free one. */
  readonly informationServer: Pick<
    ServerOptions,
    'address' | 'host' | 'port' | 'certificatePem' | 'privateKeyPem' | 'limits'
  >;
  /** How others' information servers are fetched from. */
  readonly fetch: Pick<FetchOptions, 'allowPrivateAddresses' | 'resolver'> & Partial<FetchOptions>;
  /** Present where the member is a regulator. */
  readonly verifier?: Pick<VerifierOptions, 'as' | 'channel' | 'chaincode' | 'ledger' | 'writer'> &
    Partial<Pick<VerifierOptions, 'patience' | 'concurrency' | 'votesInFlight'>>;
  readonly log: Logger;
  /** Largest document stored, in bytes. */
  readonly maxDocumentBytes?: number;
}

/** A member's vault, information server, tracing and, for regulators, verifier agent: running. */
export interface DataServices {
  readonly handlers: DataHandlers;
  readonly forPublic: PublicServices;
  readonly vault: Vault;
  readonly informationServer: RunningServer;
  readonly verifier?: VerifierAgent;
  /** Stops in an order that loses nothing: the agent's votes first, then the server. */
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Salts, pointers and digests of the most members that a document may have. */
const DISCLOSURE_EXTRA = MEBIBYTE;
const FETCH_TIMEOUT = 10_000;

/** Opens the vault, starts the information server, and the verifier agent where there is one. */
export async function createDataServices(options: DataServicesOptions): Promise<DataServices> {
  const { dir, service, reader, log, maxDocumentBytes = MEBIBYTE } = options;
  const vault = await Vault.open({ dir: join(dir, 'vault'), maxBytes: maxDocumentBytes });
  const directory = new LedgerDirectory(reader, service);
  const client = new InformationServerClient(directory, {
    timeoutMillis: FETCH_TIMEOUT,
    maxBytes: MEBIBYTE + DISCLOSURE_EXTRA,
    ...options.fetch,
  });
  const informationServer = await startInformationServer({
    ...options.informationServer,
    member: service.member,
    vault,
    directory,
    onError: (error) => log.error({ err: error }, 'the information server failed'),
  });
  const stop = async (): Promise<void> => {
    await informationServer.close();
    client.close();
  };
  let verifier: VerifierAgent | undefined;
  try {
    verifier =
      options.verifier &&
      (await VerifierAgent.start({
        ...options.verifier,
        dir: join(dir, 'verifier'),
        reader,
        log,
        source: client,
        // Its own: what it asks afresh, it does not make others ask afresh.
        directory: new LedgerDirectory(reader, service),
      }));
  } catch (error) {
    await stop();
    throw error;
  }
  const { address } = options.informationServer;
  const parts = { service, reader, address, vault, directory, client, queue: verifier?.queue };
  return {
    handlers: dataHandlers(parts),
    forPublic: publicServices(parts),
    vault,
    informationServer,
    ...(verifier && { verifier }),
    async close() {
      await verifier?.close();
      await stop();
    },
  };
}
