// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { GatewayError, type Contract } from '@hyperledger/fabric-gateway';
import { gatewayPid, stopGateways, type LocalNetwork } from '@thingledger/gateway';
import { peerConnection, readIdentity } from '@thingledger/network';
import { Consortium } from '../support/consortium.js';
import { LagWatch, type LagSeconds } from './lag.js';
import { measure, percentile, residentMiB, type Measured, type Request } from './measure.js';
import { OurWay } from './ours.js';
import { openContract } from './plain.js';

const READER = 'farm@maker';
const ROWS = 100;
const REPEATS = 60;
const SAMPLE_MS = 250;
const PUT_ATTEMPTS = 5;

/** How the tables kept up with a load. */
export interface Kept {
  readonly load: Measured;
  readonly lagSeconds: LagSeconds;
  /** Of the gateway with its tables, by thirds of the load. */
  readonly memoryMiB: readonly number[];
}

/** How the read model keeps up with captured events, and how fast it answers a range. */
export interface ReadModelResults {
  /** EPCIS documents, as enterprises' systems send them. */
  readonly documents: Kept;
  /** Events in bulk requests, faster than documents can be. */
  readonly bulk: Kept;
  /** Milliseconds of 100 rows by SQL through REST, and of 100 keys by a chaincode's range query. */
  readonly range: { readonly sql: number[]; readonly chaincode: number[] };
}

/** Measures one member's read model on a network of its own; the other members' gateways rest. */
export async function measureReadModel(
  { site, native }: LocalNetwork,
  dir: string,
  { seconds, clients, size }: { seconds: number; clients: number; size: number },
): Promise<ReadModelResults> {
  const others = site.plan.organisations.map(({ name }) => name).filter((name) => name !== 'maker');
  await stopGateways(site, others);
  const consortium = Consortium.open(join(dir, 'identities.json'));
  const gateway = gatewayPid(site, 'maker') ?? 0;
  const peers = (native?.nodes() ?? []).flatMap(({ kind, pid }) => (kind === 'peer' && pid ? [pid] : []));
  const ours = new OurWay(consortium);
  const peer = peerConnection(site.plan, site.dir, 'maker');
  const { network, close } = openContract(peer, readIdentity(site.dir, 'maker', 'farm'), 'behaviour');
  const watch = await LagWatch.start(network, `${consortium.gatewayOf(READER)}/metrics`);
  const keptUp = async (request: Request): Promise<Kept> => {
    const memory: number[] = [];
    const sampling = setInterval(() => memory.push(residentMiB(gateway)), SAMPLE_MS);
    const lag = watch.sample(SAMPLE_MS);
    try {
      const load = await measure(clients, seconds, { gateway: [gateway], peers }, request);
      const third = Math.ceil(memory.length / 3);
      const thirds = [0, 1, 2].map((at) => memory.slice(at * third, (at + 1) * third));
      return {
        load,
        lagSeconds: lag(),
        memoryMiB: thirds.map((samples) => Math.round(percentile(samples, 0.5))),
      };
    } finally {
      clearInterval(sampling);
      lag();
      await watch.caughtUp();
    }
  };
  try {
    await watch.caughtUp();
    const documents = await keptUp(ours.documents(size));
    const bulk = await keptUp(ours.capture(size));
    return { documents, bulk, range: await ranges(consortium, peer, site.dir) };
  } finally {
    await watch.stop();
    close();
    ours.close();
  }
}

async function ranges(
  consortium: Consortium,
  peer: ReturnType<typeof peerConnection>,
  dir: string,
): Promise<ReadModelResults['range']> {
  const { contract, close } = openContract(peer, readIdentity(dir, 'maker', 'farm'), 'behaviour');
  try {
    const keys = Array.from({ length: ROWS }, (_, at) => `range-${String(at).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => put(contract, key, 'x'.repeat(300))));
    const client = consortium.as(READER);
    const query = `select * from captured_events where digest >= '8' order by digest limit ${String(ROWS)}`;
    const times: ReadModelResults['range'] = { sql: [], chaincode: [] };
    for (let turn = 0; turn < REPEATS; turn += 1) {
      for (const [way, ask] of [
        ['sql', async () => (await client.querySql({ query })).rows],
        ['chaincode', async () => rowsOf(await contract.evaluateTransaction('range', 'range-', 'range.'))],
      ] as const) {
        const started = performance.now();
        const found = await ask();
        times[way].push(performance.now() - started);
        if (found.length !== ROWS) throw new Error(`${way}: ${String(found.length)} rows were found`);
      }
    }
    return times;
  } finally {
    close();
  }
}

/** Orderers that come late to what the others have ordered answer "unavailable": then it is put once more. */
async function put(contract: Contract, key: string, value: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await contract.submitTransaction('put', key, value);
      return;
    } catch (error) {
      if (!(error instanceof GatewayError) || attempt === PUT_ATTEMPTS) throw error;
    }
  }
}

function rowsOf(answer: Uint8Array): unknown[] {
  return JSON.parse(Buffer.from(answer).toString('utf8')) as unknown[];
}
