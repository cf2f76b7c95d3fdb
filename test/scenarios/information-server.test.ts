// SPDX-License-Identifier: Apache-2.0
import type { RequestListener } from 'node:http';
import { openDisclosure } from '@thingledger/protocol';
import { Consortium } from '../support/consortium.js';
import { announce, decision, held, reasonsOf, refusalOf, registered } from '../support/custody.js';
import { HostileServer } from '../support/hostile-server.js';

const consortium = Consortium.open();
const farm = 'farm@maker';
const trucker = 'trucker@carrier';

describe('T3: the data stays with the member, encrypted, for the entitled only', () => {
  test('what is stored can be read by its hash, and its salt makes the hash tell nothing', async () => {
    const item = await registered(consortium, farm);
    const document = {
      ...item,
      to: farm,
      eventTime: new Date().toISOString(),
      place: { latitude: 1, longitude: 2 },
      note: 'same words',
    };
    const first = await consortium.as(farm).storeTraceabilityData({ document });
    const second = await consortium.as(farm).storeTraceabilityData({ document });
    expect(first.hash).not.toBe(second.hash);
    const copy = await consortium.as(farm).getTraceabilityData({ hash: first.hash });
    expect(openDisclosure(copy, first.hash)).toMatchObject({ document: { note: 'same words' }, hidden: 0 });
    expect(await refusalOf(consortium.as(farm).getTraceabilityData({ hash: 'f'.repeat(64) }))).toBe(
      'TL-DATA-UNKNOWN',
    );
  });

  test('X12: deleted data gives a certificate, then is gone, and the trace says missing', async () => {
    const item = await held(consortium, farm);
    const { hops } = await consortium.as(farm).traceThing({ thing: item.thing });
    const hash = hops[0]?.record.record.dataHash ?? '';
    const certificate = await consortium
      .as(farm)
      .deleteTraceabilityData({ hash, reason: 'the person asked' });
    expect(certificate).toMatchObject({ hash, member: 'maker', deletedBy: farm });
    expect(await refusalOf(consortium.as(farm).getTraceabilityData({ hash }))).toBe('TL-DATA-DELETED');
    const after = await consortium.as(farm).traceThing({ thing: item.thing });
    expect([after.hops[0]?.verdict, after.hops[0]?.record.status]).toEqual(['missing', 'accepted']);
  });
});

describe('T4: an information server that fails or lies gets the record rejected, with the reason', () => {
  const cases: [string, RequestListener][] = [
    ['TL-VERIFY-HASH', (_, response) => response.end('{"not":"the data"}')],
    [
      'TL-VERIFY-REDIRECT',
      (_, response) => response.writeHead(302, { location: 'https://localhost:1/' }).end(),
    ],
    [
      'TL-VERIFY-OVERSIZE',
      (_, response) => response.writeHead(200, { 'content-length': '999999999' }).end('x'),
    ],
    [
      'TL-VERIFY-OVERSIZE',
      (_, response) => {
        // Without a length, more and more: the reader has to hang up.
        const chunk = Buffer.alloc(1 << 20, 0x20);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    ],
    ['TL-VERIFY-MISSING', (_, response) => response.writeHead(404).end()],
    ['TL-VERIFY-REFUSED', (_, response) => response.writeHead(403).end()],
    ['TL-VERIFY-SLOW', (_, response) => void response.writeHead(200).write('{')],
  ];

  /** What the regulators say of a transfer whose data is said to lie at the address. */
  async function verdictOn(address: string, certificateAuthority: string): Promise<[string, string[]]> {
    const registration = { address, certificateAuthority, reason: 'scenario' };
    await consortium.as('admin@maker').registerInformationServer(registration);
    const item = await held(consortium, farm);
    const wrong = { record: { informationServer: address } };
    const record = await decision(consortium, farm, await announce(consortium, item, farm, trucker, wrong));
    return [record.status, reasonsOf(record)];
  }

  test.each(cases)('%s', async (code, answer) => {
    const server = await HostileServer.start(answer);
    try {
      expect(await verdictOn(server.address, server.certificateAuthority)).toEqual(['rejected', [code]]);
    } finally {
      await server.close();
    }
  });

  test('TL-VERIFY-UNREACHABLE: nobody listens there', async () => {
    const server = await HostileServer.start((_, response) => response.end());
    await server.close();
    const verdict = await verdictOn(server.address, server.certificateAuthority);
    expect(verdict).toEqual(['rejected', ['TL-VERIFY-UNREACHABLE']]);
  });

  test('TL-VERIFY-ADDRESS: an address where clouds keep credentials is never asked', async () => {
    const server = await HostileServer.start((_, response) => response.end());
    await server.close();
    const verdict = await verdictOn('https://169.254.169.254', server.certificateAuthority);
    expect(verdict).toEqual(['rejected', ['TL-VERIFY-ADDRESS']]);
  });

  test('TL-VERIFY-TLS: a server under a foreign certificate is not believed', async () => {
    const server = await HostileServer.start((_, response) => response.end());
    const other = await HostileServer.start((_, response) => response.end());
    try {
      const verdict = await verdictOn(server.address, other.certificateAuthority);
      expect(verdict).toEqual(['rejected', ['TL-VERIFY-TLS']]);
    } finally {
      await Promise.all([server.close(), other.close()]);
    }
  });
});
