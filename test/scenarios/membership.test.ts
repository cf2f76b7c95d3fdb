// SPDX-License-Identifier: Apache-2.0
import { createClient } from '@thingledger/client';
import { Consortium } from '../support/consortium.js';
import { held, announce, refusalOf, registered } from '../support/custody.js';

const consortium = Consortium.open();
const admin = consortium.as('admin@carrier');
const reason = 'scenario';

describe('X1 X10: participants come, change and are suspended', () => {
  test('an administrator enrols a participant, who can work at once; suspended it is refused everywhere', async () => {
    const name = `driver_${Date.now().toString(36)}`;
    const { participant, apiKey } = await admin.enrolParticipant({ name, roles: ['accounting'], reason });
    expect(participant).toBe(`${name}@carrier`);
    const driver = createClient({ baseUrl: consortium.gatewayOf('admin@carrier'), apiKey });
    expect(await driver.getCaller({})).toMatchObject({
      caller: participant,
      roles: ['accounting'],
      status: 'active',
    });

    await admin.suspendParticipant({ participant, reason });
    const call = driver.registerThing({
      thing: `urn:test:${name}`,
      kind: 'product',
      quantity: { value: '1', unit: 'C62' },
    });
    expect(await refusalOf(call)).toBe('TL-CALLER-SUSPENDED');
    const item = await held(consortium, 'farm@maker');
    expect(await refusalOf(announce(consortium, item, 'farm@maker', participant))).toBe('TL-RECIPIENT-UNFIT');

    await admin.reinstateParticipant({ participant, reason });
    expect((await driver.getCaller({})).status).toBe('active');
  });

  test('only administrators register, and only for their own member', async () => {
    const own = { name: 'nobody', roles: ['accounting' as const], reason };
    expect(await refusalOf(consortium.as('trucker@carrier').enrolParticipant(own))).toBe(
      'TL-CALLER-NOT-ADMINISTRATOR',
    );
    const foreign = { participant: 'farm@maker', roles: ['auditor' as const], reason };
    expect(await refusalOf(admin.changeRoles(foreign))).toBe('TL-PARTICIPANT-FOREIGN');
  });

  test('who, when and why stand on the ledger', async () => {
    const { decision } = await admin.getParticipant({ participant: 'farm@maker' });
    expect(decision).toMatchObject({ by: 'admin@maker' });
    expect(decision.txId).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a role is needed for what it is for', async () => {
    expect(await refusalOf(registered(consortium, 'inspector@inspection'))).toBe('TL-CALLER-ROLE');
  });

  test('rules change when most members vote for it, not before', async () => {
    const { proposalId } = await admin.proposeRuleChange({
      change: { kind: 'settings', settings: { maximumSpeedKmh: 1001 } },
      reason,
    });
    const vote = (member: string): Promise<unknown> =>
      consortium.as(`admin@${member}`).castBallot({ proposalId, vote: 'for', reason });
    await vote('carrier');
    await vote('maker');
    expect(await refusalOf(admin.enactProposal({ proposalId }))).toBe('TL-PROPOSAL-UNDECIDED');
    await vote('customs');
    expect(await admin.enactProposal({ proposalId })).toMatchObject({ maximumSpeedKmh: 1001 });
    expect(await refusalOf(admin.castBallot({ proposalId, vote: 'against', reason }))).toBe(
      'TL-PROPOSAL-CLOSED',
    );
  });
});
