// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { auditHandlers } from './audit/index.js';
import type { GatewayConfig } from './config/config.js';
import type { DataServices } from './data-services.js';
import type { Epcis } from './epcis/index.js';
import {
  Admission,
  authentication,
  createApp,
  eventStreams,
  guards,
  listen,
  Metrics,
  operationRoutes,
  probed,
  serviceRoutes,
  tokenVerifier,
  Writes,
  type HttpServer,
  type Logger,
} from './http/index.js';
import type { IdempotencyStore } from './idempotency/index.js';
import type { Comparer, Ledger, LedgerReader, LedgerWriter, Prover, Readiness } from './ledger/index.js';
import { gatewayDocument } from './openapi.js';
import { participantHandlers } from './participants.js';
import type { Principal } from './principal.js';
import type { ReadModel } from './read-model/index.js';
import { receiptHandlers } from './receipts.js';
import { PublicTraces, resolverRoutes } from './resolver/index.js';
import type { Wallet } from './wallet/wallet.js';

/** What every part of a gateway is made with. */
export interface Core {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly service: Principal;
  readonly wallet: Wallet;
  readonly logger: Logger;
}

/** What the edge is bound to. */
export interface EdgeParts extends Core {
  readonly comparer: Comparer;
  readonly prover: Prover;
  readonly idempotency: IdempotencyStore;
  readonly data: DataServices;
  readonly epcis: Epcis;
  readonly readModel: ReadModel;
  readonly stopping: AbortController;
  /** Whether the process is this gateway's alone, so that its memory and CPU are this gateway's metrics. */
  readonly wholeProcess: boolean;
}

/** Binds everything that answers over HTTP, and listens. */
export async function startEdge(
  config: GatewayConfig,
  parts: EdgeParts,
): Promise<{ server: HttpServer; writes: Writes }> {
  const {
    ledger,
    reader,
    comparer,
    prover,
    writer,
    idempotency,
    service,
    wallet,
    data,
    epcis,
    readModel,
    logger,
    stopping,
  } = parts;
  const { limits, member } = config;
  const draining = (): boolean => stopping.signal.aborted;
  const admission = new Admission({ requests: limits.inFlight, bytes: limits.bytesInFlight });
  const events = eventStreams({
    ledger,
    reader,
    ...config.ledger,
    limit: limits.eventStreams,
    stopping: stopping.signal,
  });
  const { verifier } = data;
  const metrics = new Metrics(
    member,
    {
      admission: () => admission.stats,
      eventStreams: () => events.open(),
      writer: () => writer.stats(),
      ...(verifier && { verifier: () => verifier.stats }),
      ...(readModel.lag && { readModelLag: readModel.lag }),
      epcis: () => epcis.stats(),
    },
    parts.wholeProcess,
  );
  const authenticate = authentication(wallet, config.oidc && tokenVerifier(config.oidc, member));
  const doors = guards({ authenticate, admission, limits, metrics, draining });
  const local = {
    ...data.handlers,
    ...readModel.handlers,
    ...participantHandlers({ wallet, reader, writer, service }),
    ...receiptHandlers(ledger, config.ledger.channel),
    ...auditHandlers({ ledger, channel: config.ledger.channel, reader, readModel }),
  };
  const writes = new Writes({ reader, writer, idempotency, local, limits });
  const app = createApp({
    logger,
    metrics,
    corsOrigins: config.http.corsOrigins,
    tls: config.http.tls !== undefined,
    service: serviceRoutes({
      member,
      openApi: gatewayDocument(limits.bulkItems),
      metrics,
      draining,
      checks: {
        ledger: () => ledger.ready(),
        store: () => writable(config.dataDir),
        requests: probed('the database of requests', () => idempotency.probe()),
        vault: probed('the vault', () => data.vault.probe()),
        readModel: () => readModel.readiness(),
      },
    }),
    events: [doors.caller, events.handler],
    operations: operationRoutes({ reader, comparer, prover, writes, local, limits, guards: doors }),
    epcis: epcis.routes({
      guards: doors,
      limits,
      origins: config.http.corsOrigins,
      stopping: stopping.signal,
    }),
    resolver: resolverRoutes({
      member,
      guards: doors,
      traces: new PublicTraces(data.forPublic),
      publicAddress: config.http.publicAddress,
    }),
  });
  return { server: await listen(app, config), writes };
}

async function writable(dir: string): Promise<Readiness> {
  return access(dir, constants.W_OK).then(
    () => ({ ready: true, detail: 'the data folder is writable' }),
    () => ({ ready: false, detail: 'the data folder is not writable' }),
  );
}
