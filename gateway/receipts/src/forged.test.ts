// SPDX-License-Identifier: Apache-2.0
import { type Forgery, TestChannel } from './testing/channel.js';
import { failure } from './testing/edit.js';
import {
  type Authority,
  type Holder,
  identityOf,
  issue,
  mirrored,
  newAuthority,
  revocationOf,
} from './testing/keys.js';
import { verifyReceipt } from './verify.js';

describe('X2 X9: not even who holds all orderers’ keys makes these pass', () => {
  let channel: TestChannel;
  let maker: Authority;
  let customs: Authority;
  let stranger: Holder;

  beforeAll(async () => {
    channel = await TestChannel.open();
    [maker, customs] = channel.authorities as [Authority, Authority];
    // Another authority of the same name: who looks at names only takes its certificates.
    stranger = await issue(await newAuthority('customs'), 'peer', 'peer');
  });

  const reasonOf = async (forgery: Forgery): Promise<string> =>
    failure(await verifyReceipt(channel.receipt(forgery)));
  const peer = (index: number): Holder => channel.peers[index] as Holder;

  test('the honest one holds', async () => {
    expect(await reasonOf({})).toBe('none');
  });

  test('a foreign endorser', async () => {
    expect(await reasonOf({ endorsers: [peer(0), stranger] })).toBe(
      'endorsements: endorsed by maker; needed: all of (maker.peer, customs.peer); no authority of customs issued the certificate of peer of customs',
    );
  });

  test('an endorser twice, or without the role', async () => {
    expect(await reasonOf({ endorsers: [peer(0), peer(0)] })).toContain(
      'endorsements: endorsed by maker; needed',
    );
    const client = await issue(customs, 'clerk', 'client');
    expect(await reasonOf({ endorsers: [peer(0), client] })).toContain('endorsed by maker, customs; needed');
  });

  test('an endorser of an organisation that is no member', async () => {
    const outside = await issue(await newAuthority('elsewhere'), 'peer', 'peer');
    expect(await reasonOf({ endorsers: [peer(0), outside] })).toContain(
      'elsewhere is no member of channel trade',
    );
  });

  test('a signature over something else', async () => {
    const liar: Holder = { ...peer(1), sign: (message) => peer(1).sign(message.slice(1)) };
    expect(await reasonOf({ endorsers: [peer(0), liar] })).toContain(
      'the signature of peer of customs does not verify',
    );
    const caller: Holder = { ...channel.caller, sign: (message) => channel.caller.sign(message.slice(1)) };
    expect(await reasonOf({ caller })).toBe(
      'caller: the signature of the caller farm of maker does not verify',
    );
  });

  test('the twin of a signature, with the larger s', async () => {
    const twin = (holder: Holder): Holder => ({
      ...holder,
      sign: (message) => mirrored(holder.sign(message)),
    });
    expect(await reasonOf({ endorsers: [peer(0), twin(peer(1))] })).toContain(
      'the signature of peer of customs does not verify',
    );
    expect(await reasonOf({ caller: twin(channel.caller) })).toBe(
      'caller: the signature of the caller farm of maker does not verify',
    );
  });

  test('a foreign caller', async () => {
    const caller = await issue(await newAuthority('maker'), 'farm', 'client');
    expect(await reasonOf({ caller })).toBe(
      'caller: no authority of maker issued the certificate of farm of maker',
    );
  });

  test('a certificate that had run out, did not hold yet, or was revoked', async () => {
    const old = await issue(customs, 'old', 'peer', { from: -20, to: -10 });
    expect(await reasonOf({ endorsers: [peer(0), old] })).toMatch(
      /the certificate of old of customs was not valid at 2/,
    );
    const early = await issue(customs, 'early', 'peer', { from: 10, to: 20 });
    expect(await reasonOf({ endorsers: [peer(0), early] })).toContain(
      'the certificate of early of customs was not',
    );
    const revoked = await issue(maker, 'gone', 'client');
    const revocations = [await revocationOf(revoked, maker)];
    expect(await reasonOf({ caller: revoked, revocations })).toBe(
      'caller: the certificate of gone of maker is revoked',
    );
    const endless = [await revocationOf(revoked, maker, null)];
    expect(await reasonOf({ caller: revoked, revocations: endless })).toContain(
      'does not say when the next one comes',
    );
  });

  test('an authority that had run out', async () => {
    const past = await TestChannel.open({ authority: { from: -20, to: -10 } });
    expect(failure(await verifyReceipt(past.receipt()))).toMatch(
      /^orderers: an authority of maker was not valid at /,
    );
  });

  test('an authority’s own certificate as an identity', async () => {
    const self: Holder = { ...channel.caller, identity: identityOf(maker) };
    expect(await reasonOf({ caller: self })).toContain('is an authority’s, not an identity’s');
  });

  test('a definition that too few approved, or of other chaincode', async () => {
    expect(await reasonOf({ approvers: [peer(0)] })).toContain('definition: endorsed by maker; needed');
    expect(await reasonOf({ defines: 'other' })).toBe(
      'definition: the definition is of chaincode other, not goods',
    );
  });

  test('a definition that the endorsers did not read', async () => {
    expect(await reasonOf({ content: { definition: { block: 2, index: 0 } } })).toContain(
      'definition: the endorsers read the definition of block 2',
    );
    expect(await reasonOf({ content: { definition: { block: 1, index: 1 } } })).toBe(
      'definition: block 1 does not hold the definition',
    );
  });

  test('writes to what other chaincode keeps', async () => {
    expect(await reasonOf({ content: { writes: ['goods', 'money'] } })).toContain(
      'transaction: the transaction changes',
    );
  });

  test('another channel’s transaction', async () => {
    expect(await reasonOf({ content: { channel: 'other' } })).toBe(
      'transaction: the transaction is of channel other',
    );
  });

  test('peers that attest that they turned it down', async () => {
    expect(await reasonOf({ attestedCode: 11 })).toContain('validity: the peers attest that they turned');
    expect(await reasonOf({ attesters: [stranger] })).toContain(
      'validity: endorsed by nobody; needed: a peer',
    );
  });

  test('the word of too few peers is said to be too little', async () => {
    const { proved } = await verifyReceipt(channel.receipt({ attesters: [peer(0)] }));
    expect(proved?.effect).toEqual({ attestedBy: [{ name: 'peer', member: 'maker' }], enough: false });
  });

  test('too few orderers', async () => {
    expect(await reasonOf({ orderers: channel.orderers.slice(0, 2) })).toBe(
      'orderers: block 2 is signed by 2 of 4 orderers; 3 are needed',
    );
  });
});
