// SPDX-License-Identifier: Apache-2.0
import { operations } from '@thingledger/protocol';
import { LedgerError } from './port.js';
import { createReader } from './reader.js';
import { ScriptedLedger } from './testing/scripted-ledger.js';

const target = { channel: 'traceability', chaincode: 'traceability' };
const farm = { id: 'farm@maker', identity: { mspId: 'maker', certificatePem: 'farm', privateKeyPem: '' } };

describe('the reader', () => {
  const ledger = new ScriptedLedger();
  const reader = createReader(ledger, () => target);
  const read = (): Promise<unknown> =>
    reader.evaluate(operations.getMappingRecord, { recordId: 'record-1' }, farm);

  it('gives the answer of the contract', async () => {
    ledger.script = { answer: ({ operation, input }) => ({ ok: true, result: [operation, input] }) };
    expect(await read()).toEqual(['traceability:getMappingRecord', { recordId: 'record-1' }]);
  });

  it('throws the refusal of the contract', async () => {
    const refusal = { code: 'TL-RECORD-UNKNOWN', detail: 'no', fields: { record: 'record-1' } } as const;
    ledger.script = { answer: () => ({ ok: false, refusal }) };
    await expect(read()).rejects.toMatchObject({ code: refusal.code, fields: refusal.fields, message: 'no' });
  });

  it('throws a refusal of ours when the ledger can not be asked', async () => {
    const away = { evaluate: () => Promise.reject(new LedgerError('unavailable', 'peer away')) };
    const lost = createReader(Object.assign(new ScriptedLedger(), away), () => target);
    await expect(lost.evaluate(operations.getRules, {}, farm)).rejects.toMatchObject({
      code: 'TL-LEDGER-UNAVAILABLE',
      fields: { reason: 'peer away' },
    });
  });
});
