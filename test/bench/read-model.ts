// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gatewayPid, stopGateways, type LocalNetwork } from '@thingledger/gateway';
import { peerConnection, readIdentity } from '@thingledger/network';
import { Consortium } from '../support/consortium.js';
import { measure, percentile, residentMiB, type Measured } from './measure.js';
import { OurWay } from './ours.js';
import { openContract } from './plain.js';

const READER = 'farm@maker';
const ROWS = 100;
const REPEATS = 60;
const SAMPLE_MS = 250;
const CATCH_UP_MS = 60_000;

/** How the read model keeps up with a load of captured events, and how fast it answers a range. */
export interface ReadModelResults {
  readonly capture: Measured;
  /** Age of the oldest block that was not in the tables yet, in seconds, sampled under load. */
  readonly lagSeconds: { readonly p50: number; readonly p95: number; readonly most: number };
  /** Of the gateway with its tables, by thirds of the load. */
  readonly memoryMiB: readonly number[];
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
  const ours = new OurWay(consortium);
  const lags: number[] = [];
  const memory: number[] = [];
  const sampling = setInterval(() => {
    memory.push(residentMiB(gateway));
    void lagOf(consortium).then((seconds) => lags.push(seconds));
  }, SAMPLE_MS);
  try {
    const pids = (native?.nodes() ?? []).flatMap(({ kind, pid }) => (kind === 'peer' && pid ? [pid] : []));
    const capture = await measure(clients, seconds, { gateway: [gateway], peers: pids }, ours.capture(size));
    clearInterval(sampling);
    await caughtUp(consortium);
    const third = Math.ceil(memory.length / 3);
    return {
      capture,
      lagSeconds: { p50: percentile(lags, 0.5), p95: percentile(lags, 0.95), most: Math.max(...lags) },
      memoryMiB: [0, 1, 2].map((at) =>
        Math.round(percentile(memory.slice(at * third, (at + 1) * third), 0.5)),
      ),
      range: await ranges(consortium, peerConnection(site.plan, site.dir, 'maker'), site.dir),
    };
  } finally {
    clearInterval(sampling);
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
    await Promise.all(keys.map((key) => contract.submitTransaction('create', key, 'x'.repeat(300))));
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

function rowsOf(answer: Uint8Array): unknown[] {
  return JSON.parse(Buffer.from(answer).toString('utf8')) as unknown[];
}

/** How far the read model is behind, in seconds, as the gateway's own metric says. */
async function lagOf(consortium: Consortium): Promise<number> {
  const response = await fetch(`${consortium.gatewayOf(READER)}/metrics`);
  const [, value = 'NaN'] =
    /^thingledger_read_model_lag_seconds\S* (\S+)$/m.exec(await response.text()) ?? [];
  return Number(value);
}

async function caughtUp(consortium: Consortium): Promise<void> {
  const until = Date.now() + CATCH_UP_MS;
  while ((await lagOf(consortium)) > 0.5) {
    if (Date.now() > until) throw new Error('the read model did not catch up');
    await pause(SAMPLE_MS);
  }
}
