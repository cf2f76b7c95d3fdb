// SPDX-License-Identifier: Apache-2.0
import { randomUUID, sign } from 'node:crypto';
import {
  canonicalJson,
  captureEvent,
  captureOf,
  deflatePrivate,
  deflateStatement,
  operationId,
  operations,
  privateName,
  statementOf,
  type EventCapture,
} from '@thingledger/protocol';
import { bareEvent } from '../support/epcis.js';
import { startFurtherGateway, type FurtherGateway } from '../support/further-gateway.js';

const CHANNEL = 'traceability';
const farm = 'farm@maker';

let gateway: FurtherGateway;
beforeAll(async () => {
  gateway = await startFurtherGateway('maker', {});
}, 60_000);
afterAll(() => gateway.close());

/** A transaction of one event, endorsed, that the orderers do not have yet. */
function endorsed(item: EventCapture, document: object) {
  const identity = gateway.identityOf('farm');
  const id = operationId(captureEvent);
  const text = statementOf(id, [canonicalJson(item)]);
  const key = { key: identity.privateKeyPem, dsaEncoding: 'ieee-p1363' } as const;
  const signature = sign('sha256', Buffer.from(text), key).toString('base64url');
  const call = { operation: id, input: { signature, text: deflateStatement(text) } };
  return gateway.ledger.endorse(
    {
      channel: CHANNEL,
      chaincode: 'traceability',
      fn: operationId(operations.runBatch),
      args: [canonicalJson({ operations: [call] })],
      transient: { [privateName(text)]: deflatePrivate([JSON.stringify(document)]) },
    },
    identity,
  );
}

describe('T8: an event that is sent again', () => {
  test.each([
    ['the first comes late, and is refused', true, {}, 'MVCC_READ_CONFLICT'],
    ['the first comes late on a sheet, and is refused', true, { sheet: 1 }, 'MVCC_READ_CONFLICT'],
    ['(not said to be sent again, what is fresh would take its place)', false, {}, 'VALID'],
  ])('%s', async (_, said, on, code) => {
    const client = await gateway.as(farm);
    const document = bareEvent({ epcList: [`urn:uuid:${randomUUID()}`] });
    const { eventHash, eventTime } = captureOf(document);
    const served = {
      informationServer: gateway.consortium.informationServerOf(farm),
      dataHash: 'd'.repeat(64),
    };
    const first = await endorsed({ ...captureOf(document), ...served, fresh: true, ...on }, document);
    const again = await client.captureEvent({
      ...captureOf(document),
      ...served,
      document,
      ...(said && { again: true }),
    });
    await gateway.ledger.submit(first, gateway.identityOf('farm'));
    expect(await gateway.ledger.commitStatus(CHANNEL, first.txId, gateway.identityOf('farm'))).toMatchObject({
      code,
    });
    const { recordId } = await client.getCapturedEvent({ eventHash, eventTime });
    expect(recordId === again.recordId).toBe(said);
  });
});
