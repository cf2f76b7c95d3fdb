// SPDX-License-Identifier: Apache-2.0
import { LedgerContract, regulatorsOf, type LedgerContext, type Transaction } from '@thingledger/kernel';
import {
  announcementToSign,
  participants,
  records,
  Refusal,
  servers,
  things,
  votes,
  type Announcement,
  type DecidedRecord,
  type InformationServer,
  type Input,
  type MappingRecord,
  type Output,
  type Thing,
  type Vote,
  type announceMappingRecord,
  type getCustodyChain,
  type getInformationServer,
  type getMappingRecord,
  type getThing,
  type registerInformationServer,
  type registerThing,
  type voteOnRecord,
} from '@thingledger/protocol';
import { announce, custodyOf } from '../domain/custody';
import { registerServer } from '../domain/server';
import { register } from '../domain/thing';
import { verdictOf } from '../domain/verification';
import { castVote } from '../domain/vote';

/** Longer chains than this are read in parts, by asking for the custody at an earlier time. */
const LONGEST_CHAIN = 1000;

/** Things, their transfers of custody, and the verifiers' votes (requirements T1 to T4, T6). */
export class TraceabilityContract extends LedgerContract {
  override readonly follow = {
    announceMappingRecord: (tx: Transaction, { thing }: Announcement): string[] => {
      const head = tx.state.peek(things, thing)?.head;
      return head ? head.regulators.map((regulator) => votes.key(head.recordId, regulator)) : [];
    },
  };

  constructor() {
    super('traceability');
  }

  async registerInformationServer(
    { tx }: LedgerContext,
    input: Input<typeof registerInformationServer>,
  ): Promise<InformationServer> {
    const present = await tx.state.get(servers, input.address);
    const server = registerServer(input, present, tx.caller.member, tx.decision(input.reason));
    tx.state.put(servers, server, server.address);
    tx.emit({ type: 'InformationServerRegistered', address: server.address, member: server.member });
    return server;
  }

  async registerThing(
    { tx }: LedgerContext,
    input: Input<typeof registerThing>,
  ): Promise<Output<typeof registerThing>> {
    const present = await tx.state.get(things, input.thing);
    const thing = register(input, present, tx.caller.id, tx.decision('registered'));
    if (thing) {
      tx.state.put(things, thing, thing.thing);
      tx.emit({ type: 'ThingRegistered', thing: thing.thing, registrant: thing.registrant });
    }
    return { thing: input.thing, registrant: tx.caller.id, txId: present?.decision.txId ?? tx.txId };
  }

  async announceMappingRecord(
    { tx }: LedgerContext,
    announcement: Announcement,
  ): Promise<Output<typeof announceMappingRecord>> {
    const { caller, state } = tx;
    const thing = await state.get(things, announcement.thing);
    const present = await state.get(records, announcement.recordId);
    const signer = await state.get(participants, caller.id);
    const rules = await tx.rules();
    const announced = announce(announcement, {
      caller,
      now: tx.now,
      txId: tx.txId,
      rules,
      regulators: regulatorsOf(rules),
      thing,
      present,
      votes: thing?.head ? await votesOn(tx, thing.head) : [],
      recipient: await state.get(participants, announcement.to),
      server: await state.get(servers, announcement.informationServer),
      signed:
        signer !== undefined &&
        tx.signatures.verify(signer.publicKey, announcementToSign(announcement), announcement.signature),
    });
    if (announced) {
      state.put(things, announced.thing, announced.thing.thing);
      state.put(records, announced.record, announced.record.recordId);
      const { recordId, from, to, deadline } = announced.record;
      tx.emit({
        type: 'MappingRecordAnnounced',
        recordId,
        thing: announced.record.thing,
        ...(from === undefined ? {} : { from }),
        to,
        deadline,
      });
    }
    const { recordId, deadline, txId } = (announced?.record ?? present) as MappingRecord;
    return { recordId, thing: announcement.thing, status: 'announced', deadline, txId };
  }

  async voteOnRecord({ tx }: LedgerContext, input: Input<typeof voteOnRecord>): Promise<Vote> {
    const present = await tx.state.get(votes, input.recordId, tx.caller.member);
    const record = await tx.state.get(records, input.recordId);
    const vote = castVote(input, { record, present, caller: tx.caller, now: tx.now, txId: tx.txId });
    if (vote) {
      const { recordId, regulator, verifier, decision } = vote;
      tx.state.put(votes, vote, recordId, regulator);
      tx.emit({ type: 'VoteCast', recordId, regulator, verifier, decision });
    }
    return (vote ?? present) as Vote;
  }

  async getThing({ tx }: LedgerContext, input: Input<typeof getThing>): Promise<Output<typeof getThing>> {
    const thing = await requireThing(tx, input.thing);
    const { holder, status } = custodyOf(thing, thing.head ? await votesOn(tx, thing.head) : [], tx.now);
    return {
      thing,
      ...(holder === undefined ? {} : { holder }),
      ...(status === 'announced' && thing.head ? { pending: thing.head.recordId } : {}),
    };
  }

  async getMappingRecord(
    { tx }: LedgerContext,
    { recordId }: Input<typeof getMappingRecord>,
  ): Promise<DecidedRecord> {
    return decided(tx, recordId, tx.now);
  }

  async getInformationServer(
    { tx }: LedgerContext,
    { address }: Input<typeof getInformationServer>,
  ): Promise<InformationServer> {
    const server = await tx.state.get(servers, address);
    if (!server) throw new Refusal('TL-SERVER-UNKNOWN', { field: 'address', address });
    return server;
  }

  async getCustodyChain(
    { tx }: LedgerContext,
    input: Input<typeof getCustodyChain>,
  ): Promise<Output<typeof getCustodyChain>> {
    const thing = await requireThing(tx, input.thing);
    const at = input.at ?? tx.now;
    const chain: DecidedRecord[] = [];
    let pending: DecidedRecord | undefined;
    let next = thing.head?.recordId;
    while (next !== undefined && chain.length < LONGEST_CHAIN) {
      const hop = await decided(tx, next, at);
      if (hop.record.announcedAt <= at) {
        if (hop.status === 'accepted') chain.push(hop);
        else if (hop.status === 'announced') pending = hop;
      }
      next = hop.record.previous;
    }
    const holder = chain[0]?.record.to;
    return {
      thing,
      ...(holder === undefined ? {} : { holder }),
      ...(pending ? { pending } : {}),
      records: chain,
    };
  }
}

async function requireThing(tx: Transaction, id: string): Promise<Thing> {
  const thing = await tx.state.get(things, id);
  if (!thing) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return thing;
}

/** The votes on a record: each regulator's has a key of its own, so no range is read. */
async function votesOn(
  tx: Transaction,
  record: { recordId: string; regulators: readonly string[] },
): Promise<Vote[]> {
  const found = await tx.state.getAll(
    votes,
    record.regulators.map((regulator) => [record.recordId, regulator]),
  );
  return found.filter((vote) => vote !== undefined);
}

async function decided(tx: Transaction, recordId: string, at: string): Promise<DecidedRecord> {
  const record = await tx.state.get(records, recordId);
  if (!record) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
  const cast = await votesOn(tx, record);
  return { record, votes: cast, ...verdictOf(record, cast, at) };
}
