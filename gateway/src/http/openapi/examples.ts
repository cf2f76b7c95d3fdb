// SPDX-License-Identifier: Apache-2.0
import type { OperationName } from '@thingledger/protocol';

const HASH = '3f9c1d0a5b7e2c4886d1f0a93b5c7e2d4f6a8b0c1d2e3f405162738495a6b7c8';
const LOT = 'https://id.gs1.org/01/09506000134352/10/LOT-7';
const reason = 'Season 2026';
const place = { latitude: 52.37, longitude: 4.9 };
const quantity = { value: '120', unit: 'KGM' };

/** A request body for each operation that takes one, as the OpenAPI document shows it. Path members are left out. */
export const examples: Partial<Record<OperationName, unknown>> = {
  initialiseGovernance: {
    members: [
      { name: 'maker', regulator: false },
      { name: 'carrier', regulator: false },
      { name: 'inspection', regulator: true },
      { name: 'customs', regulator: true },
    ],
    verificationQuorum: 2,
    verificationSeconds: 3600,
    maximumSpeedKmh: 1000,
    clockToleranceSeconds: 60,
    clockWindowSeconds: 900,
    proposalSeconds: 86_400,
    reason: 'Founding of the consortium',
  },
  registerParticipant: {
    participant: 'farm@maker',
    publicKey: {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    roles: ['accounting'],
    reason,
  },
  changeRoles: { roles: ['accounting', 'auditor'], reason },
  suspendParticipant: { reason: 'Certificate lost' },
  reinstateParticipant: { reason: 'New certificate issued' },
  proposeRuleChange: {
    change: { kind: 'settings', settings: { verificationQuorum: 1 } },
    reason: 'One verifier is on leave',
  },
  castBallot: { vote: 'for', reason: 'Agreed in the meeting of 3 November' },
  registerInformationServer: {
    address: 'https://data.maker.example:8443',
    certificateAuthority: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
    reason: 'First information server',
  },
  registerLocation: {
    location: 'urn:epc:id:pgln:9506000.00000',
    account: 'farm@maker',
    coordinates: place,
    reason: 'First party that hands over by EPCIS events',
  },
  registerThing: { thing: 'urn:epc:class:lgtin:9506000.013435.LOT-7', kind: 'batch', quantity },
  captureEvent: {
    eventHash: `ni:///sha-256;${HASH}?ver=CBV2.0`,
    eventTime: '2026-11-20T08:00:00.000Z',
    informationServer: 'https://data.maker.example:8443',
    dataHash: HASH,
    document: {
      '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime: '2026-11-20T09:00:00+01:00',
      eventTimeZoneOffset: '+01:00',
      epcList: ['urn:epc:id:sgtin:9506000.013435.4711'],
      bizStep: 'shipping',
    },
  },
  reportChange: {
    change: {
      type: 'split',
      from: LOT,
      into: [
        { thing: `${LOT}A`, kind: 'batch', quantity: { value: '70', unit: 'KGM' } },
        { thing: `${LOT}B`, kind: 'batch', quantity: { value: '0.05', unit: 'TNE' } },
      ],
    },
    eventTime: '2026-11-20T08:00:00.000Z',
    place,
  },
  announceMappingRecord: {
    thing: LOT,
    informationServer: 'https://data.maker.example:8443',
    dataHash: HASH,
    from: 'farm@maker',
    to: 'processor@maker',
    eventTime: '2026-11-20T08:00:00Z',
    quantity,
    place,
  },
  voteOnRecord: { decision: 'accept' },
  voteOnRecords: { decision: 'accept', records: [[0, 499]] },
  storeTraceabilityData: {
    document: {
      thing: LOT,
      quantity,
      eventTime: '2026-11-20T08:00:00Z',
      from: 'farm@maker',
      to: 'processor@maker',
      place,
      origin: { producer: 'Green Valley Farm', field: 'North 4', harvested: '2026-11-18' },
    },
  },
  deleteTraceabilityData: { reason: 'Retention period over' },
  getBundle: { txIds: ['9f2c5e0b7a1d4c3e8f60b1a2c3d4e5f69f2c5e0b7a1d4c3e8f60b1a2c3d4e5f6'] },
  querySql: {
    query: `select record_id, "from", "to", ledger_block, ledger_tx_id from mapping_records where thing = '${LOT}'`,
  },
  enrolParticipant: { name: 'sensor-7', roles: ['device'], reason: 'New cold store sensor' },
  runBatch: {
    operations: [
      { operation: 'traceability:registerThing', input: { thing: LOT, kind: 'batch', quantity } },
      {
        operation: 'traceability:registerThing',
        input: { thing: '(00)095060001343520007', kind: 'container', quantity: { value: '1', unit: 'C62' } },
      },
    ],
  },
};
