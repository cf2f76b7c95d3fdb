// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCrypto, loadTopology, planNetwork, readIdentity } from '@thingledger/network';
import { announcementToSign, EntryId, operations, Refusal, type Announcement } from '@thingledger/protocol';
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
const announce = (input: object, as = farm, origin: Parameters<typeof completeInput>[3] = {}): Announcement =>
  completeInput(
    operations.announceMappingRecord,
    input as Record<string, unknown>,
    as,
    origin,
  ) as Announcement;

const signedBy = (announcement: Announcement, { identity }: Principal): boolean => {
  const key = createPublicKey(
    new X509Certificate(identity.certificatePem).publicKey.export({ type: 'spki', format: 'pem' }),
  );
  const signature = Buffer.from(announcement.signature, 'base64url');
  return verify(
    'sha256',
    Buffer.from(announcementToSign(announcement)),
    { key, dsaEncoding: 'ieee-p1363' },
    signature,
  );
};

describe('an announcement is completed', () => {
  test('signed by the caller’s key over its canonical form, whatever form it came in', () => {
    const announcement = announce(raw);
    expect(announcement.thing).toBe('https://id.gs1.org/01/09506000134352/10/LOT-7');
    expect(announcement.eventTime).toBe('2026-11-20T08:00:00.000Z');
    expect([signedBy(announcement, farm), signedBy(announcement, processor)]).toEqual([true, false]);
  });

  test('a signature that the caller made is left alone', () => {
    const signature = 'A'.repeat(86);
    expect(announce({ ...raw, recordId: announce(raw).recordId, signature }).signature).toBe(signature);
  });

  test('the id follows from caller and key, so that any gateway derives the same', () => {
    const idOf = (as: Principal, origin: object): string => announce(raw, as, origin).recordId;
    expect(idOf(farm, { key: 'k' })).toBe(idOf(farm, { key: 'k' }));
    const all = [{ key: 'k' }, { key: 'l' }, { key: 'k', index: 0 }, { key: 'k', index: 1 }].map((origin) =>
      idOf(farm, origin),
    );
    const ids = [...all, idOf(processor, { key: 'k' }), idOf(farm, {}), idOf(farm, {})];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(EntryId.safeParse(id).success).toBe(true);
  });

  test('what is wrong is refused before anything is signed', () => {
    expect(() => announce({ ...raw, thing: '(01)09506000134353(10)A' })).toThrow(Refusal);
    expect(() => announce({ ...raw, more: 1 })).toThrow(Refusal);
  });
});

test('an operation without such members is only parsed', () => {
  const input = { thing: raw.thing, kind: 'batch', quantity: raw.quantity };
  expect(completeInput(operations.registerThing, input, farm, { key: 'k' })).toEqual({
    ...input,
    thing: 'https://id.gs1.org/01/09506000134352/10/LOT-7',
  });
});
