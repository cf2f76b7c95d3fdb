// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { gatewayPid, startLocal, stopGateways, stopLocal, type LocalNetwork } from '@thingledger/gateway';
import { peerConnection, readIdentity } from '@thingledger/network';
import { Consortium } from '../support/consortium.js';
import { barChart } from './chart.js';
import { deepLineage, openWalk } from './lineage.js';
import {
  measure,
  median,
  percentile,
  residentMiB,
  WARM_UP_MS,
  type Measured,
  type Processes,
} from './measure.js';
import { OurWay } from './ours.js';
import { measureProofs, proofLine, type ProofCost, type Proofs } from './proofs.js';
import { openPlain } from './plain.js';
import { measureReadModel, type ReadModelResults } from './read-model.js';

const CLIENTS = [1, 16, 128] as const;
const BULK_SIZE = 500;
const BULK_CLIENTS = 8;
/** Callers of the plain way that EPCIS events are compared with. */
const BESIDE_CLIENTS = 128;
/** Re-labellings between a thing and its origin, and how often it is traced a round. */
const DEPTH = 20;
const TRACES = 60;
/** Transactions in the bundle that is measured. */
const BUNDLE = Number(process.env['THINGLEDGER_BENCH_BUNDLE'] ?? 200);
const ROUNDS = Number(process.env['THINGLEDGER_BENCH_ROUNDS'] ?? 3);
const SECONDS = Number(process.env['THINGLEDGER_BENCH_SECONDS'] ?? 10);
const BASE_PORT = 29_000;
const RESULTS = join(process.cwd(), 'test', 'bench', 'results');

/** The rounds of one way at one level: what the ratios and their spread come from. */
type Rounds = Measured[];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** By number of clients, and in bulk. */
interface Results {
  readonly plain: Partial<Record<number, Rounds>>;
  readonly ours: Partial<Record<number, Rounds>>;
  readonly bulk: Rounds;
  /** The plain way once more, 128 at a time, just before and just after the documents of each round. */
  readonly before: Rounds;
  readonly after: Rounds;
  /** Events in EPCIS documents, until their jobs have ended. */
  readonly documents: Rounds;
  /** Events in bulk requests of the operation itself. */
  readonly captures: Rounds;
  /** Milliseconds of each: the trace with us, the plain walk. */
  readonly trace: { ours: number[]; plain: number[] };
}

/** Resident memory of the gateway in MiB, by round: while records are announced, and while events are captured. */
interface Memory {
  readonly records: number[][];
  readonly events: number[][];
}

/** What is measured beside the rounds. */
interface Beside {
  readonly readModel: ReadModelResults;
  readonly proofs: Proofs;
}

/** Median records a second of the rounds. */
const rate = (rounds: Rounds): number => median(rounds.map(({ perSecond }) => perSecond));
const latency = (rounds: Rounds): number => median(rounds.map(({ p50 }) => p50));
const spread = (rounds: Rounds): string => {
  const rates = rounds.map(({ perSecond }) => perSecond);
  return `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`;
};

async function run(local: LocalNetwork, dir: string, traced: string, beside: Beside): Promise<void> {
  const { site, native } = local;
  if (!native) throw new RangeError('the bench measures real Fabric');
  const gateway = gatewayPid(site, 'maker') ?? 0;
  const pids = (kind: string): number[] =>
    native.nodes().flatMap((node) => (node.kind === kind && node.pid !== undefined ? [node.pid] : []));
  const processes: Processes = {
    orderers: pids('orderer'),
    peers: pids('peer'),
    chaincode: pids('chaincode'),
    gateway: [gateway],
    client: [process.pid],
  };
  const plain = openPlain(
    peerConnection(site.plan, site.dir, 'maker'),
    readIdentity(site.dir, 'maker', 'farm'),
  );
  const consortium = Consortium.open(join(dir, 'identities.json'));
  const walk = openWalk(
    peerConnection(site.plan, site.dir, 'maker'),
    readIdentity(site.dir, 'maker', 'farm'),
    consortium,
  );
  const ours = new OurWay(consortium);
  const memory: Memory = { records: [], events: [] };
  let samples: number[] = [];
  const sampling = setInterval(() => samples.push(residentMiB(gateway)), 500);
  const results: Results = {
    plain: {},
    ours: {},
    bulk: [],
    before: [],
    after: [],
    documents: [],
    captures: [],
    trace: { ours: [], plain: [] },
  };
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      memory.records.push((samples = []));
      for (const clients of CLIENTS) {
        const plainly = await measure(clients, SECONDS, processes, () => plain.request());
        (results.plain[clients] ??= []).push(plainly);
        report(`round ${String(round)}, plain way`, plainly);
        await provide(ours, clients, 1, processes, ours.single);
        const measured = await measure(clients, SECONDS, processes, ours.single);
        (results.ours[clients] ??= []).push(measured);
        report(`round ${String(round)}, through our gateway`, measured);
      }
      const inBulk = ours.bulk(BULK_SIZE);
      await provide(ours, BULK_CLIENTS, BULK_SIZE, processes, inBulk);
      const bulk = await measure(BULK_CLIENTS, SECONDS, processes, inBulk);
      results.bulk.push(bulk);
      report(`round ${String(round)}, in bulk of ${String(BULK_SIZE)}`, bulk);
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      memory.events.push((samples = []));
      for (const [kind, what, clients, request] of [
        ['before', 'plain way', BESIDE_CLIENTS, () => plain.request()],
        [
          'documents',
          `EPCIS events in documents of ${String(BULK_SIZE)}`,
          BULK_CLIENTS,
          ours.documents(BULK_SIZE),
        ],
        ['after', 'plain way', BESIDE_CLIENTS, () => plain.request()],
        ['captures', `EPCIS events in bulk of ${String(BULK_SIZE)}`, BULK_CLIENTS, ours.capture(BULK_SIZE)],
      ] as const) {
        const measured = await measure(clients, SECONDS, processes, request);
        results[kind].push(measured);
        report(`round ${String(round)} of events, ${what}`, measured);
      }
      await traces(results.trace, traced, ours, walk);
    }
  } finally {
    clearInterval(sampling);
    plain.close();
    walk.close();
    ours.close();
  }
  conclude(results, memory, beside);
}

/** Traces one deep lineage in turns with us and the plain way, both warmed up like all else; both find all of it. */
async function traces(
  times: Results['trace'],
  thing: string,
  ours: OurWay,
  walk: ReturnType<typeof openWalk>,
): Promise<void> {
  const ways = [
    ['ours', () => ours.trace(thing)],
    ['plain', () => walk.walk(thing)],
  ] as const;
  for (const [, find] of ways) for (const until = Date.now() + WARM_UP_MS; Date.now() < until;) await find();
  for (let turn = 0; turn < TRACES; turn += 1) {
    for (const [way, find] of ways) {
      const started = performance.now();
      const found = await find();
      times[way].push(performance.now() - started);
      if (found !== DEPTH) throw new Error(`${way}: ${String(found)} of ${String(DEPTH)} steps were found`);
    }
  }
}

/**
 * Registers as many things as the stretch to come can use up, judging by a short run of the same load: a ledger grown far
 * larger than needed would slow our way alone.
 */
async function provide(
  ours: OurWay,
  clients: number,
  size: number,
  processes: Processes,
  request: () => Promise<number>,
): Promise<void> {
  const most = clients * size;
  await ours.prepare(Math.max(8000, 12 * most));
  const { perSecond } = await measure(clients, 1, processes, request, 500);
  await ours.prepare(Math.ceil(2 * perSecond * (SECONDS + 3)) + 2 * most);
}

function report(
  what: string,
  { clients, perSecond, p50, p95, p99, failures, cpuMsPerRecord }: Measured,
): void {
  const cpu = Object.entries(cpuMsPerRecord).map(([kind, ms]) => `${kind} ${ms.toFixed(2)}`);
  say(
    `${what}, ${String(clients)} at once: ${perSecond.toFixed(1)} records/s; p50 ${p50.toFixed(1)} p95 ${p95.toFixed(1)} ` +
      `p99 ${p99.toFixed(1)} ms; CPU ms a record: ${cpu.join(', ')}${failures > 0 ? `; ${String(failures)} FAILED` : ''}`,
  );
}

function conclude(
  { plain, ours, bulk, before, after, documents, captures, trace }: Results,
  memory: Memory,
  { readModel, proofs }: Beside,
): void {
  const of = (way: Results['plain'], clients: number): Rounds => way[clients] ?? [];
  // The plain way does not get faster with more clients than 16; it is given the better of its two levels.
  const plainBest = Math.max(rate(of(plain, 128)), rate(of(plain, 16)));
  // A machine's speed drifts by minutes: events are compared with the better of the two plain stretches around them.
  const beside = documents.map((_, at) => Math.max(before[at]?.perSecond ?? 0, after[at]?.perSecond ?? 0));
  const timesPlain = (rounds: Rounds): number =>
    median(rounds.map(({ perSecond }, at) => perSecond / (beside[at] ?? 0)));
  const ratios = {
    throughput: rate(of(ours, 128)) / plainBest,
    bulk: rate(bulk) / plainBest,
    latency: latency(of(ours, 1)) / latency(of(plain, 1)),
    capture: timesPlain(documents),
    trace: median(trace.plain) / median(trace.ours),
  };
  // Every round puts the same load on the gateway; a leak would show from one to the next.
  const typical = (rounds: readonly number[][]): number[] => rounds.map((of) => Math.round(median(of)));
  const gatewayMemoryMiB = { records: typical(memory.records), events: typical(memory.events) };
  const machine = {
    cores: cpus().length,
    model: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  mkdirSync(RESULTS, { recursive: true });
  const document = {
    at: new Date().toISOString(),
    machine,
    seconds: SECONDS,
    ratios,
    gatewayMemoryMiB,
    plain,
    ours,
    bulk,
    before,
    after,
    documents,
    captures,
    trace,
    readModel,
    proofs,
  };
  writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify(document, undefined, 2)}\n`);
  const bars = [
    ...CLIENTS.flatMap((clients) => [
      { label: `plain, ${String(clients)}`, value: rate(of(plain, clients)), ours: false },
      { label: `ours, ${String(clients)}`, value: rate(of(ours, clients)), ours: true },
    ]),
    { label: `bulk of ${String(BULK_SIZE)}`, value: rate(bulk), ours: true },
    { label: 'EPCIS documents', value: rate(documents), ours: true },
    { label: 'EPCIS bulk', value: rate(captures), ours: true },
  ];
  writeFileSync(
    join(RESULTS, 'latest.svg'),
    barChart('Mapping records committed a second', 'Records a second', bars),
  );
  say(
    `trace through ${String(DEPTH)} re-labellings: ours p50 ${percentile(trace.ours, 0.5).toFixed(1)} p95 ${percentile(trace.ours, 0.95).toFixed(1)} ms, ` +
      `query by query p50 ${percentile(trace.plain, 0.5).toFixed(1)} ms`,
  );
  const { range } = readModel;
  for (const [what, { load, lagSeconds, memoryMiB }] of [
    ['EPCIS documents', readModel.documents],
    ['EPCIS events in bulk', readModel.bulk],
  ] as const)
    say(
      `with the read model, ${what}: ${load.perSecond.toFixed(0)} events/s, lag p50 ${lagSeconds.p50.toFixed(2)} ` +
        `p95 ${lagSeconds.p95.toFixed(2)} most ${lagSeconds.most.toFixed(2)} s, gateway memory ${memoryMiB.join(' → ')} MiB`,
    );
  say(
    `100 rows: by SQL p50 ${median(range.sql).toFixed(1)} ms, by a chaincode's range query ${median(range.chaincode).toFixed(1)} ms`,
  );
  say(
    `spread of rounds, records/s: plain ${spread(of(plain, 128))}, ours ${spread(of(ours, 128))}, bulk ${spread(bulk)}; ` +
      `gateway memory by round ${gatewayMemoryMiB.records.join(' → ')} MiB, of events ${gatewayMemoryMiB.events.join(' → ')} MiB`,
  );
  say(
    `EPCIS events of ${String(BULK_SIZE)} at once: in documents through /epcis/capture ${rate(documents).toFixed(0)}/s (capture_ratio), ` +
      `in bulk requests ${rate(captures).toFixed(0)}/s, ${timesPlain(captures).toFixed(1)} times the plain way; ` +
      `the plain way around them ${beside.map((one) => one.toFixed(0)).join(', ')}/s`,
  );
  say(
    `BENCH throughput_ratio=${ratios.throughput.toFixed(1)} bulk_ratio=${ratios.bulk.toFixed(1)} latency_ratio=${ratios.latency.toFixed(2)} ` +
      `capture_ratio=${ratios.capture.toFixed(1)} trace_ratio=${ratios.trace.toFixed(1)}`,
  );
}

/** Starts a network for one part of the bench and stops it afterwards. */
async function onNetwork<T>(
  variables: Record<string, string>,
  work: (local: LocalNetwork, dir: string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'thingledger-bench-'));
  try {
    say('starting a native network for the bench');
    const local = await startLocal({
      network: 'fabric',
      dir,
      basePort: BASE_PORT,
      variables,
      extraChaincodes: [
        {
          name: 'behaviour',
          entry: '@thingledger/behaviour-chaincode',
          policy: { allOf: [{ anyOf: ['maker', 'carrier', 'bank'] }, { anyOf: ['inspection', 'customs'] }] },
        },
      ],
      onProgress: (line) => say(`  ${line}`),
    });
    return await work(local, dir);
  } finally {
    await stopLocal({ dir });
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Measures what proofs cost; their network is the one that is loaded afterwards. */
async function proofsAlone(dir: string): Promise<{ readonly traced: string; readonly proofs: Proofs }> {
  const consortium = Consortium.open(join(dir, 'identities.json'));
  const traced = await deepLineage(consortium, DEPTH);
  const proofs = await measureProofs(consortium, traced, BUNDLE);
  for (const [what, cost] of Object.entries(proofs) as [string, ProofCost][]) say(proofLine(what, cost));
  return { traced, proofs };
}

const onlyProofs = process.argv.includes('proofs');
const readModel = onlyProofs
  ? undefined
  : await onNetwork({}, (local, dir) =>
      measureReadModel(local, dir, { seconds: 2 * SECONDS, clients: BULK_CLIENTS, size: BULK_SIZE }),
    );
// The plain way keeps no tables either.
await onNetwork({ THINGLEDGER_READ_MODEL: 'off' }, async (local, dir) => {
  const { traced, proofs } = await proofsAlone(dir);
  if (!readModel) return;
  // What is measured is committing records. The plain way verifies none, and all members share this machine's cores, so
  // the regulators' gateways, with their agents, rest meanwhile; their peers endorse.
  await stopGateways(local.site, ['inspection', 'customs']);
  await run(local, dir, traced, { readModel, proofs });
});
