// SPDX-License-Identifier: Apache-2.0
import {
  Announcement,
  canonicalJson,
  operationId,
  operations,
  placeOfRecord,
  recordIdOf,
  disclose,
  documentHash,
  statementOf,
  type MappingRecord,
  type Output,
  type SaltedDocument,
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

/** A document's bytes as a vault holds them. */
export function bytesOf(document: TraceabilityData): Buffer {
  return Buffer.from(canonicalJson(document));
}

/** The hash of a document. */
export function hashOf(document: TraceabilityData): string {
  return documentHash(document as SaltedDocument);
}

/** The full copy of a document, as an information server serves it. */
export function servedOf(document: TraceabilityData): Buffer {
  return Buffer.from(canonicalJson(disclose(document as SaltedDocument, 'all')));
}

/** A statement with the records that the ledger made of it. */
export type StatementWithRecords = Omit<Output<typeof operations.getStatement>, 'records'> & {
  readonly records: readonly MappingRecord[];
};

/** The id of the first record of the n-th statement of a test. */
export function recordIdFor(n: number): string {
  return recordIdOf(`${n.toString(16).padStart(32, '0')}-0`, 0);
}

/**
 * A statement that announces documents, rightly signed by the account that announces the first. What a test wants
 * otherwise is in all its records, and in what is signed where that is said; `recordId` is that of the first record.
 */
export function statementWith(
  people: People,
  address: string,
  documents: readonly TraceabilityData[],
  over: Partial<MappingRecord> = {},
): StatementWithRecords {
  const { statementId } = placeOfRecord(over.recordId ?? recordIdFor(1));
  const otherwise = Object.fromEntries(Object.entries(over).filter(([name]) => name in Announcement.shape));
  const said = documents.map((document) => ({ ...announcementOf(address, document), ...otherwise }));
  const by = documents[0]?.from ?? documents[0]?.to ?? '';
  const text = statementOf(operationId(operations.announceMappingRecord), said.map(canonicalJson));
  const signature = over.signature ?? signEs256(people.principal(by).identity, text);
  const added = {
    announcedAt: new Date().toISOString(),
    deadline: new Date(Date.now() + 3_600_000).toISOString(),
    expiry: new Date(Date.now() + 3_660_000).toISOString(),
    quorum: 2,
    regulators: ['inspection', 'customs', 'food'],
    txId: 'tx',
  };
  const records = said.map((one, place) => {
    const recordId = recordIdOf(statementId, place);
    return { ...one, ...added, ...over, recordId, signature };
  });
  return { statementId, by, text, signature, records };
}

/** The one record of a statement that announces one document. */
export function recordOf(
  people: People,
  address: string,
  document: TraceabilityData,
  over: Partial<MappingRecord> = {},
): MappingRecord {
  return statementWith(people, address, [document], over).records[0] as MappingRecord;
}

function announcementOf(informationServer: string, document: TraceabilityData): Announcement {
  const { thing, from, to, eventTime, quantity, place } = document;
  const dataHash = hashOf(document);
  return {
    thing,
    informationServer,
    dataHash,
    ...(from !== undefined && { from }),
    to,
    eventTime,
    quantity,
    place,
  };
}
