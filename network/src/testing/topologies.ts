// SPDX-License-Identifier: Apache-2.0
import { parseTopology, type Topology } from '../topology.js';

/** Three channels with different members, as the coming consortia are: one chaincode on two of them. */
export function severalConsortia(): Topology {
  return parseTopology({
    name: 'several',
    organisations: [
      { name: 'maker', orderer: true, participants: [{ name: 'farm', roles: ['accounting'] }] },
      { name: 'carrier', orderer: true },
      { name: 'bank', orderer: true },
      { name: 'customs', orderer: true, regulator: true },
      { name: 'observer', peer: false },
    ],
    consortia: [
      {
        channel: 'traceability',
        members: ['maker', 'carrier', 'customs'],
        orderers: ['customs', 'maker', 'carrier', 'bank'],
        chaincodes: [
          {
            name: 'trace',
            entry: 'trace',
            version: '1',
            policy: { allOf: [{ anyOf: ['maker', 'carrier'] }, 'customs'] },
            collections: [{ name: 'makerCarrier', members: ['maker', 'carrier'] }],
          },
          { name: 'shared', entry: 'shared', version: '2', policy: 'maker' },
        ],
      },
      {
        channel: 'finance',
        members: ['maker', 'bank', 'customs'],
        orderers: ['maker', 'bank', 'customs', 'carrier'],
        chaincodes: [
          {
            name: 'money',
            entry: 'money',
            version: '1',
            policy: { atLeast: 2, of: ['maker', 'bank', 'customs'] },
          },
          { name: 'shared', entry: 'shared', version: '2', policy: 'bank' },
        ],
      },
      { channel: 'empty', members: ['bank'], orderers: ['bank'] },
    ],
  });
}
