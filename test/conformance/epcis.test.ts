// SPDX-License-Identifier: Apache-2.0
import { Refusal, sha256 } from '@thingledger/protocol';
import { eventHash, parseEpcisDocument, preHash } from '@thingledger/protocol/epcis';
import { sayAbsent, vectors } from './vectors.js';

const hashes = vectors('epcis-event-hash', '.jsonld');
const accepted = vectors('epcis-capture/accept', '.json');
const rejected = vectors('epcis-capture/reject', '.json');

const lines = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');
const isHashOf = (hash: string, text: string): boolean => hash.includes(sha256(text));

describe('EPCIS event hash vectors', () => {
  if (hashes.names.length === 0) return sayAbsent('epcis-event-hash');

  test.each(hashes.names)('%s', (name) => {
    const document = JSON.parse(hashes.read(`${name}.jsonld`)) as Record<string, string[]>;
    const leaveOut = document['repository-x:ignoreFields'];
    const events = parseEpcisDocument(document);
    const expected = lines(hashes.read(`${name}.hashes`));
    expect(events.map(({ event, namespaces }) => eventHash(event, namespaces, leaveOut))).toEqual(expected);
    // A published pre-hash that does not have the published hash is a slip of its publisher, and says nothing.
    lines(hashes.read(`${name}.prehashes`)).forEach((line, at) => {
      const { event, namespaces } = events[at]!;
      const said = preHash(event, namespaces, leaveOut);
      expect(isHashOf(expected[at]!, line) ? line : said).toBe(said);
    });
  });
});

describe('EPCIS documents to accept', () => {
  if (accepted.names.length === 0) return sayAbsent('epcis-capture');

  test.each(accepted.names)('%s', (name) => {
    const events = parseEpcisDocument(JSON.parse(accepted.read(`${name}.json`)));
    expect(events.length).toBeGreaterThan(0);
    for (const { event, namespaces } of events)
      expect(eventHash(event, namespaces)).toMatch(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/);
  });
});

/** Why each is to be rejected: the code, and where in the event or document. */
const reasons: Readonly<Record<string, readonly [code: string, field: string]>> = {
  EPCISDocument_without_context: ['TL-EPCIS-CONTEXT', '@context'],
  ObjectEvent_with_ilmd_field_without_namespace: ['TL-EPCIS-NAMESPACE', 'ilmd.materialType'],
  ObjectEvent_with_invalid_action: ['TL-INPUT-INVALID', 'action'],
  ObjectEvent_with_invalid_eventTime_format: ['TL-EPCIS-TIME', 'eventTime'],
  ObjectEvent_with_non_standard_bizStep: ['TL-EPCIS-VOCABULARY', 'bizStep'],
  ObjectEvent_with_quantity_as_text: ['TL-INPUT-INVALID', 'quantityList.0.quantity'],
};

describe('EPCIS documents to reject, each for its reason', () => {
  if (rejected.names.length === 0) return sayAbsent('epcis-capture');

  test.each(rejected.names)('%s', (name) => {
    let refusal: unknown;
    try {
      parseEpcisDocument(JSON.parse(rejected.read(`${name}.json`)));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    const { code, fields } = refusal as Refusal;
    const place = [fields['field'] ?? fields['fields']]
      .flat()
      .map((path) => String(path).replace(/^epcisBody\.eventList\.0\./, ''));
    // A vector that is not named above is refused with a code at least.
    const said = [code, ...place];
    expect(said).toEqual(reasons[name] ?? said);
  });
});
