// SPDX-License-Identifier: Apache-2.0
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  defaultTopologyFile,
  loadTopology,
  planNetwork,
  startEmbedded,
  type EmbeddedNetwork,
} from '@thingledger/network';
import {
  announcementToSign,
  operations,
  Refusal,
  type Input,
  type Operation,
  type Output,
  type Role,
  type Verdict,
} from '@thingledger/protocol';
import { pino } from 'pino';
import { createDataServices, type DataServices, type DataServicesOptions } from './data-services.js';
import { IdempotencyStore } from './idempotency/index.js';
import { documentOf, People, THING } from './information-server/testing/index.js';
import { connectEmbedded } from './ledger/embedded/index.js';
import { createReader, createWriter, type LedgerReader, type LedgerWriter } from './ledger/index.js';
import type { Principal } from './principal.js';
import { sampleRules, seedGovernance } from './seed.js';
import { signEs256 } from './wallet/signing.js';
import { verifyDeletionCertificate } from './vault/index.js';

/** The real chaincode on the embedded network; vaults, information servers and agents of five members in one process. */
const target = { channel: 'traceability', chaincode: 'traceability' };
const SAMPLE: Record<string, Record<string, Role>> = {
  maker: { farm: 'accounting', processor: 'accounting', framer: 'accounting' },
  carrier: { trucker: 'accounting' },
  bank: { shop: 'accounting', retailer: 'accounting' },
  inspection: { agent: 'verifier', auditor: 'auditor' },
  customs: { agent: 'verifier' },
};

interface Member {
  readonly services: DataServices;
  readonly reader: LedgerReader;
  readonly writer: LedgerWriter;
  readonly dir: string;
  readonly options: DataServicesOptions;
  close(): Promise<void>;
}

let people: People;
let network: EmbeddedNetwork;
const members = new Map<string, Member>();

const of = (id: string): Member => members.get(id.slice(id.indexOf('@') + 1))!;
const as = (id: string): Principal => people.principal(id);

beforeAll(async () => {
  people = await People.gather();
  const plan = planNetwork(loadTopology(defaultTopologyFile));
  network = await startEmbedded(plan, people.dir);
  const ports = new Map<string, number>();
  for (const member of Object.keys(SAMPLE)) ports.set(member, await freePort());
  const seeds = Object.entries(SAMPLE).map(([name, participants]) => ({
    name,
    regulator: 'agent' in participants,
    ledger: connectEmbedded(network.peer(name)),
    administrator: as(`admin@${name}`),
    participants: Object.entries(participants).map(([who, role]) => ({
      principal: as(`${who}@${name}`),
      roles: [role],
    })),
    informationServer: {
      address: `https://localhost:${ports.get(name)}`,
      certificateAuthorityPem: people.tls(name).authorityPem,
    },
  }));
  const clockWindowSeconds = 900;
  await seedGovernance(seeds, target, { rules: { ...sampleRules, clockWindowSeconds } }, () => undefined);
  for (const member of Object.keys(SAMPLE)) members.set(member, await open(member, ports.get(member)!));
}, 60_000);

afterAll(async () => {
  for (const member of members.values()) await member.close();
  await network.close();
  await people.leave();
}, 30_000);

async function open(name: string, port: number): Promise<Member> {
  const dir = await people.folder();
  const ledger = connectEmbedded(network.peer(name));
  const route = () => target;
  const store = await IdempotencyStore.open(join(dir, 'requests'));
  const [reader, service] = [createReader(ledger, route), as(`admin@${name}`)];
  const writer = createWriter({ ledger, journal: store, route, member: service.identity });
  const options: DataServicesOptions = {
    dir,
    service,
    reader,
    informationServer: { address: `https://localhost:${port}`, host: '127.0.0.1', port, ...people.tls(name) },
    fetch: { allowPrivateAddresses: true, timeoutMillis: 2000 },
    ...('agent' in SAMPLE[name]! && {
      verifier: {
        as: as(`agent@${name}`),
        ...target,
        ledger,
        writer,
        patience: { most: 1000, firstRetry: 50 },
      },
    }),
    log: pino({ level: 'silent' }),
  };
  const services = await createDataServices(options);
  const close = async (): Promise<void> => {
    await services.close();
    await writer.close();
    await store.shut();
    await ledger.close();
  };
  return { services, reader, writer, dir, options, close };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function write<T extends Operation>(operation: T, input: Input<T>, id: string): Promise<Output<T>> {
  const { outcome } = await of(id).writer.submit(operation, input, as(id));
  if (!outcome.ok) throw new Refusal(outcome.refusal.code, outcome.refusal.fields, outcome.refusal.detail);
  return outcome.result as Output<T>;
}

let things = 0;

async function register(id = 'farm@maker'): Promise<string> {
  const thing = `https://id.gs1.org/01/09506000134352/10/LOT-${1000 + things++}`;
  await write(operations.registerThing, { thing, kind: 'batch', quantity: documentOf().quantity }, id);
  return thing;
}

/** Stores the document of a move, announces it, and waits for what the agents of two regulators come to. */
async function move(
  thing: string,
  from: string | undefined,
  to: string,
  change: object = {},
): Promise<Decided> {
  const announcer = from ?? to;
  const eventTime = new Date().toISOString();
  const said = {
    thing,
    quantity: documentOf().quantity,
    place: documentOf().place,
    eventTime,
    to,
    ...(from && { from }),
  };
  const { handlers } = of(announcer).services;
  const stored = await handlers.storeTraceabilityData(
    { document: { ...said, origin: 'Field 12', ...change } },
    as(announcer),
    {},
  );
  const announced = { ...said, informationServer: stored.informationServer, dataHash: stored.hash };
  const signature = signEs256(as(announcer).identity, announcementToSign(announced));
  const announcement = { ...announced, signature };
  const { recordId } = await write(operations.announceMappingRecord, announcement, announcer);
  for (;;) {
    const decided = await of(to).reader.evaluate(operations.getMappingRecord, { recordId }, as(to));
    if (decided.status !== 'announced') return { ...decided, hash: stored.hash };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
type Decided = Output<typeof operations.getMappingRecord> & { readonly hash: string };

const trace = (thing: string, id: string) => of(id).services.handlers.traceThing({ thing }, as(id), {});
const verdicts = async (thing: string, id: string): Promise<Verdict[]> =>
  (await trace(thing, id)).hops.map(({ verdict }) => verdict);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );
const fileOf = async (member: string, hash: string): Promise<string> => {
  const folder = join(of(member).dir, 'vault', 'objects');
  return join(
    folder,
    (await readdir(folder, { recursive: true })).find((name) => name.endsWith(hash))!,
  );
};

test('goods change hands, two regulators verify by themselves, the receiver traces back to the origin', async () => {
  const thing = await register();
  expect((await move(thing, undefined, 'farm@maker')).status).toBe('accepted');
  const second = await move(thing, 'farm@maker', 'trucker@carrier');
  expect(second.votes.map(({ verifier, decision }) => `${verifier} ${decision}`).sort()).toEqual([
    'agent@customs accept',
    'agent@inspection accept',
  ]);
  await move(thing, 'trucker@carrier', 'shop@bank');
  const traced = await trace(thing, 'shop@bank');
  expect(traced).toMatchObject({ holder: 'shop@bank', complete: true });
  expect(
    traced.hops.map(({ record, verdict, data }) => [record.record.to, verdict, data?.['origin']]),
  ).toEqual([
    ['shop@bank', 'ok', 'Field 12'],
    ['trucker@carrier', 'ok', 'Field 12'],
    ['farm@maker', 'ok', 'Field 12'],
  ]);
  expect(operations.traceThing.output.parse(traced)).toEqual(traced);
});

test('data that differs from the record is rejected by both, with the reason', async () => {
  const thing = await register();
  const decided = await move(thing, undefined, 'farm@maker', { quantity: { value: '1', unit: 'KGM' } });
  expect(decided.status).toBe('rejected');
  expect(decided.votes.map(({ reasons }) => reasons[0]?.code)).toContain('TL-VERIFY-QUANTITY');
});

test('one altered file, one lost and one deleted show at their hops, and to those without a right nothing does', async () => {
  const thing = await register();
  const origin = await move(thing, undefined, 'farm@maker');
  const first = await move(thing, 'farm@maker', 'trucker@carrier');
  const second = await move(thing, 'trucker@carrier', 'shop@bank');
  expect(await verdicts(thing, 'retailer@bank')).toEqual(['not-entitled', 'not-entitled', 'not-entitled']);

  await writeFile(await fileOf('carrier', second.hash), 'altered');
  expect(await verdicts(thing, 'shop@bank')).toEqual(['altered', 'ok', 'ok']);
  expect(await verdicts(thing, 'trucker@carrier')).toEqual(['altered', 'ok', 'ok']);

  await rm(await fileOf('maker', first.hash));
  const { service } = of('farm@maker').options;
  const { handlers } = of('farm@maker').services;
  const deletion = { hash: origin.hash, reason: 'the farmer asked' };
  expect(await codeOf(handlers.deleteTraceabilityData(deletion, as('processor@maker'), {}))).toBe(
    'TL-DATA-NOT-ENTITLED',
  );
  const certificate = await handlers.deleteTraceabilityData(deletion, as('farm@maker'), {});
  expect(verifyDeletionCertificate(certificate, await people.authority('maker'))).toBe(true);
  expect(await codeOf(handlers.getTraceabilityData({ hash: origin.hash }, as('farm@maker'), {}))).toBe(
    'TL-DATA-DELETED',
  );
  for (const id of ['shop@bank', 'farm@maker', 'auditor@inspection']) {
    const traced = await trace(thing, id);
    expect(traced.hops.map(({ verdict }) => verdict)).toEqual(['altered', 'missing', 'missing']);
    expect(traced.complete).toBe(false);
  }
  expect(service.id).toBe('admin@maker');
});

test('an information server that is down is unreachable in a trace, and its own member still sees its data', async () => {
  const thing = await register();
  await move(thing, undefined, 'farm@maker');
  await move(thing, 'farm@maker', 'trucker@carrier');
  await of('farm@maker').services.informationServer.close();
  expect(await verdicts(thing, 'trucker@carrier')).toEqual(['unreachable', 'unreachable']);
  expect(await verdicts(thing, 'farm@maker')).toEqual(['ok', 'ok']);
  const next = await register();
  const rejected = await move(next, undefined, 'farm@maker');
  expect(rejected.votes[0]?.reasons[0]?.code).toBe('TL-VERIFY-UNREACHABLE');
}, 30_000);

test('a repeated request stores the same document once', async () => {
  const { handlers } = of('trucker@carrier').services;
  const store = (idempotencyKey: string) =>
    handlers.storeTraceabilityData(
      { document: { ...documentOf(), salt: undefined } },
      as('trucker@carrier'),
      { idempotencyKey },
    );
  expect((await store('one')).hash).toBe((await store('one')).hash);
  expect((await store('one')).hash).not.toBe((await store('two')).hash);
});

test('a document about no identifier, or with a wrong check digit, is refused', async () => {
  const { handlers } = of('trucker@carrier').services;
  const store = (thing: string) =>
    codeOf(handlers.storeTraceabilityData({ document: documentOf({ thing }) }, as('trucker@carrier'), {}));
  expect(await store('carrots')).toBe('TL-ID-MALFORMED');
  expect(await store(THING.replace('134352', '134353'))).toBe('TL-ID-CHECK-DIGIT');
});

test('the verification queue is empty once all is decided, and everywhere that has no agent', async () => {
  for (const id of ['auditor@inspection', 'farm@maker']) {
    expect(await of(id).services.handlers.listVerificationQueue({ limit: 100 }, as(id), {})).toEqual({
      entries: [],
    });
  }
});

test('an EPCIS event in the vault is no traceability data, whoever asks', async () => {
  const { handlers, vault } = of('farm@maker').services;
  const bytes = Buffer.from(JSON.stringify({ event: { type: 'ObjectEvent' }, salt: 'x' }));
  const hash = await vault.put(bytes, { kind: 'bytes', thing: 'urn:x:event', owner: 'farm@maker' });
  expect(await codeOf(handlers.getTraceabilityData({ hash }, as('farm@maker'), {}))).toBe('TL-DATA-UNKNOWN');
});
