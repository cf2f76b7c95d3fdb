// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCrypto, loadTopology, planNetwork, readIdentity } from '@thingledger/network';
import { EntryId, operations, Refusal } from '@thingledger/protocol';
import type { Principal } from '../principal.js';
import { principalOf } from '../wallet/wallet.js';
import { completeInput } from './completion.js';

let dir: string;
let farm: Principal;
let processor: Principal;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'thingledger-completion-'));
  await issueCrypto(planNetwork(loadTopology()), dir);
  [farm, processor] = [
    principalOf(readIdentity(dir, 'maker', 'farm')),
    principalOf(readIdentity(dir, 'maker', 'processor')),
  ];
});
afterAll(() => rm(dir, { recursive: true }));

const raw = {
  thing: '(01)09506000134352(10)LOT-7',
  informationServer: 'https://data.maker.example',
  dataHash: 'a'.repeat(64),
  to: 'farm@maker',
  eventTime: '2026-11-20T10:00:00+02:00',
  quantity: { value: '1', unit: 'KGM' },
  place: { latitude: 1, longitude: 2 },
};
const propose = (as: Principal, origin: Parameters<typeof completeInput>[3], over: object = {}): string => {
  const change = { kind: 'settings', settings: { verificationQuorum: 1 } };
  const raw = { change, reason: 'test', ...over };
  return (completeInput(operations.proposeRuleChange, raw, as, origin) as { proposalId: string }).proposalId;
};

describe('an id that the caller left out', () => {
  test('follows from caller and key, so that any gateway derives the same', () => {
    expect(propose(farm, { key: 'k' })).toBe(propose(farm, { key: 'k' }));
    const all = [{ key: 'k' }, { key: 'l' }, { key: 'k', index: 0 }, { key: 'k', index: 1 }].map((origin) =>
      propose(farm, origin),
    );
    const ids = [...all, propose(processor, { key: 'k' }), propose(farm, {}), propose(farm, {})];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(EntryId.safeParse(id).success).toBe(true);
  });

  test('is filled in only then', () => {
    expect(propose(farm, { key: 'k' }, { proposalId: 'proposal-of-mine' })).toBe('proposal-of-mine');
  });
});

test('an input is parsed: identifiers and times get their one form, what is wrong is refused', () => {
  const announce = (input: object): unknown =>
    completeInput(operations.announceMappingRecord, { ...input }, farm, {});
  expect(announce(raw)).toMatchObject({
    thing: 'https://id.gs1.org/01/09506000134352/10/LOT-7',
    eventTime: '2026-11-20T08:00:00.000Z',
  });
  const signature = 'A'.repeat(86);
  expect(announce({ ...raw, signature })).toMatchObject({ signature });
  expect(() => announce({ ...raw, thing: '(01)09506000134353(10)A' })).toThrow(Refusal);
  expect(() => announce({ ...raw, more: 1 })).toThrow(Refusal);
});

test('an operation without such members is only parsed', () => {
  const input = { thing: raw.thing, kind: 'batch', quantity: raw.quantity };
  expect(completeInput(operations.registerThing, input, farm, { key: 'k' })).toEqual({
    ...input,
    thing: 'https://id.gs1.org/01/09506000134352/10/LOT-7',
  });
});
