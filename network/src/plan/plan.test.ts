// SPDX-License-Identifier: Apache-2.0
import { severalConsortia } from '../testing/topologies.js';
import { loadTopology, parseTopology } from '../topology.js';
import { consortiumOf, organisationOf, planNetwork } from './plan.js';
import type { Plan } from './types.js';

function ports(plan: Plan): number[] {
  return plan.organisations.flatMap(({ peer, orderer, chaincodeHost, gateway }) => [
    ...(peer ? [peer.port, peer.chaincodePort, peer.operationsPort] : []),
    ...(orderer ? [orderer.port, orderer.adminPort, orderer.operationsPort] : []),
    ...Object.values(chaincodeHost?.ports ?? {}),
    ...[gateway.port, gateway.informationServerPort, gateway.metricsPort],
  ]);
}

describe('plan of the default topology', () => {
  const plan = planNetwork(loadTopology());

  it('has five peers, four orderers and a channel of all', () => {
    expect(plan.organisations.filter((o) => o.peer).map((o) => o.name)).toHaveLength(5);
    expect(plan.organisations.filter((o) => o.orderer).map((o) => [o.name, o.orderer?.consenterId])).toEqual([
      ['maker', 1],
      ['carrier', 2],
      ['inspection', 3],
      ['customs', 4],
    ]);
    expect(consortiumOf(plan, 'traceability').members).toEqual([
      'maker',
      'carrier',
      'bank',
      'inspection',
      'customs',
    ]);
  });

  it('keeps to the ports people know from Fabric', () => {
    expect(organisationOf(plan, 'maker').peer).toEqual({
      name: 'peer.maker',
      port: 7051,
      chaincodePort: 7052,
      operationsPort: 7053,
    });
  });

  it('is the same every time', () => {
    expect(planNetwork(loadTopology())).toEqual(plan);
  });
});

describe('plan of several consortia', () => {
  const plan = planNetwork(severalConsortia(), { basePort: 20_000 });

  it('uses no port twice', () => {
    expect(new Set(ports(plan)).size).toBe(ports(plan).length);
    expect(Math.min(...ports(plan))).toBeGreaterThanOrEqual(20_000);
  });

  it('moves with the base port as a whole', () => {
    const moved = planNetwork(severalConsortia(), { basePort: 30_000 });
    expect(ports(moved)).toEqual(ports(plan).map((port) => port + 10_000));
  });

  it('serves each chaincode once a member, on the channels the member is in', () => {
    const served = (member: string) => Object.keys(organisationOf(plan, member).chaincodeHost?.ports ?? {});
    expect(served('maker')).toEqual(['trace', 'shared', 'money']);
    expect(served('carrier')).toEqual(['trace', 'shared']);
    expect(served('bank')).toEqual(['shared', 'money']);
    expect(organisationOf(plan, 'observer').chaincodeHost).toBeUndefined();
  });

  it('lists orderers by consenter number whatever the order in the file', () => {
    expect(plan.consortia.map((c) => c.orderers)).toEqual([
      ['maker', 'carrier', 'bank', 'customs'],
      ['maker', 'carrier', 'bank', 'customs'],
      ['bank'],
    ]);
  });

  it('adds extra chaincode to the channel that is named, else to the first', () => {
    const extra = { name: 'extra', entry: '/x.js', version: '1', policy: 'maker' };
    const names = (p: Plan) => p.consortia.map((c) => c.chaincodes.map((chaincode) => chaincode.name));
    expect(names(planNetwork(severalConsortia(), { extraChaincodes: [extra] }))[0]).toContain('extra');
    expect(
      names(planNetwork(severalConsortia(), { extraChaincodes: [{ ...extra, channel: 'finance' }] })),
    ).toEqual([['trace', 'shared'], ['money', 'shared', 'extra'], []]);
  });
});

describe('a topology that does not fit together', () => {
  const base = {
    name: 'n',
    organisations: [{ name: 'a', orderer: true }, { name: 'b' }, { name: 'c', peer: false }],
  };
  const consortium = { channel: 'x', members: ['a', 'b'], orderers: ['a'] };
  const chaincode = { name: 'cc', entry: 'e', version: '1', policy: 'a' };
  it.each([
    ['a member that is no organisation', [{ ...consortium, members: ['z'] }], /member z is no organisation/],
    ['a member without a peer', [{ ...consortium, members: ['c'] }], /member c runs no peer/],
    ['an orderer nobody runs', [{ ...consortium, orderers: ['b'] }], /b runs no orderer/],
    ['two channels of one name', [consortium, consortium], /channel x is named twice/],
    [
      'a policy with a stranger',
      [{ ...consortium, chaincodes: [{ ...chaincode, policy: 'c' }] }],
      /c is no member of the channel/,
    ],
    [
      'a policy that asks for too many',
      [{ ...consortium, chaincodes: [{ ...chaincode, policy: { atLeast: 3, of: ['a', 'b'] } }] }],
      /policy asks for 3 of 2/,
    ],
    [
      'a collection of strangers',
      [{ ...consortium, chaincodes: [{ ...chaincode, collections: [{ name: 'p', members: ['c'] }] }] }],
      /c is no member of the channel/,
    ],
    [
      'two versions of one chaincode',
      [
        { ...consortium, chaincodes: [chaincode] },
        { ...consortium, channel: 'y', chaincodes: [{ ...chaincode, version: '2' }] },
      ],
      /chaincode cc differs from another channel's/,
    ],
  ])('is refused: %s', (_, consortia, message) => {
    expect(() => planNetwork(parseTopology({ ...base, consortia }))).toThrow(message);
  });

  it('is refused: ports beyond the last', () => {
    expect(() => planNetwork(severalConsortia(), { basePort: 65_200 })).toThrow(/too high/);
  });
});
