// SPDX-License-Identifier: Apache-2.0
import {
  announcementToSign,
  canonicalJson,
  sha256,
  type MappingRecord,
  type TraceabilityData,
} from '@thingledger/protocol';
import { signEs256 } from '../../wallet/signing.js';
import type { People } from './people.js';

/** A batch of carrots under GTIN and lot, in canonical form. */
export const THING = 'https://id.gs1.org/01/09506000134352/10/LOT-7';

/** The document of a transfer from the farm to the processor, and what a test wants otherwise. */
export function documentOf(over: Partial<TraceabilityData> = {}): TraceabilityData {
  return {
    thing: THING,
    quantity: { value: '120', unit: 'KGM' },
    eventTime: '2026-01-10T08:00:00.000Z',
    from: 'farm@maker',
    to: 'processor@maker',
    place: { latitude: 47.61, longitude: 19.04 },
    salt: 'AAAAAAAAAAAAAAAAAAAAAA',
    origin: 'Field 12',
    ...over,
  };
}

/** A document's bytes as an information server holds them. */
export function bytesOf(document: TraceabilityData): Buffer {
  return Buffer.from(canonicalJson(document));
}

/** The record that announces a document, rightly signed by the announcing account. */
export function recordOf(
  people: People,
  address: string,
  document: TraceabilityData,
  over: Partial<MappingRecord> = {},
): MappingRecord {
  const { recordId = 'record-0001' } = over;
  const said = {
    recordId,
    thing: THING,
    informationServer: address,
    dataHash: sha256(bytesOf(document)),
    ...(document.from !== undefined && { from: document.from }),
    to: document.to,
    eventTime: document.eventTime,
    quantity: document.quantity,
    place: document.place,
  };
  const added = {
    announcedAt: new Date().toISOString(),
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
    expiry: new Date(Date.now() + 3_660_000).toISOString(),
    quorum: 2,
    regulators: ['inspection', 'customs', 'food'],
    txId: 'tx',
  };
  const announced = { ...said, ...Object.fromEntries(Object.entries(over).filter(([name]) => name in said)) };
  const signature = signEs256(people.principal(said.from ?? said.to).identity, announcementToSign(announced));
  return { ...announced, signature, ...added, ...over };
}
