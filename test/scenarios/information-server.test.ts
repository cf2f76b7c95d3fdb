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
  const answers: [string, RequestListener][] = [
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

  async function verdictOnServer(answer: RequestListener): Promise<[string, string[]]> {
    const server = await HostileServer.start(answer);
    try {
      return await verdictOn(server.address, server.certificateAuthority);
    } finally {
      await server.close();
    }
  }

  const silent: RequestListener = (_, response) => response.end();

  /** An address where nobody listens, or another one, under a good certificate. */
  async function verdictOnNobody(address?: string): Promise<[string, string[]]> {
    const server = await HostileServer.start(silent);
    await server.close();
    return verdictOn(address ?? server.address, server.certificateAuthority);
  }

  async function verdictUnderForeignCertificate(): Promise<[string, string[]]> {
    const [server, other] = await Promise.all([HostileServer.start(silent), HostileServer.start(silent)]);
    try {
      return await verdictOn(server.address, other.certificateAuthority);
    } finally {
      await Promise.all([server.close(), other.close()]);
    }
  }

  const cases: [string, () => Promise<[string, string[]]>][] = [
    ...answers.map(([code, answer]): (typeof cases)[number] => [code, () => verdictOnServer(answer)]),
    ['TL-VERIFY-UNREACHABLE', () => verdictOnNobody()],
    // Where clouds keep credentials.
    ['TL-VERIFY-ADDRESS', () => verdictOnNobody('https://169.254.169.254')],
    ['TL-VERIFY-TLS', verdictUnderForeignCertificate],
  ];

  // All are announced at once, so that they wait for the regulators' patience together.
  let verdicts: Promise<[string, string[]]>[];
  beforeAll(() => {
    verdicts = cases.map(([, verdict]) => verdict());
    for (const verdict of verdicts) verdict.catch(() => undefined);
  });

  test.each(cases.map(([code], place) => [code, place] as const))('%s', async (code, place) => {
    expect(await verdicts[place]).toEqual(['rejected', [code]]);
  });
});
