// SPDX-License-Identifier: Apache-2.0
import { LedgerContract, type LedgerContext, type Transaction } from '@thingledger/kernel';
import {
  announcementToSign,
  participants,
  records,
  Refusal,
  regulatorsOf,
  servers,
  thingDigest,
  thingOfRecord,
  things,
  votes,
  type Announcement,
  type DecidedRecord,
  type InformationServer,
  type Input,
  type Output,
  type StoredRecord,
  type Thing,
  type ThingRow,
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
import { announce, announcementOf, custodyOf, type Last } from '../domain/custody';
import { registerServer } from '../domain/server';
import { register } from '../domain/thing';
import { termsOf, verdictOf, type Terms } from '../domain/verification';
import { castVote } from '../domain/vote';

/** Longer chains than this are read in parts, by asking for the custody at an earlier time. */
const LONGEST_CHAIN = 1000;

/** Things, their transfers of custody, and the verifiers' votes (requirements T1 to T4, T6). */
export class TraceabilityContract extends LedgerContract {
  override readonly follow = {
    announceMappingRecord: (tx: Transaction, { thing, recordId }: Announcement): string[] => {
      const head = tx.state.peek(things, thingDigest(thing))?.head;
      const rules = tx.rulesInForce;
      if (!head || !rules) return [];
      // Records of earlier rules may have had other regulators; theirs are read when it comes to them.
      const regulators = head.rules === rules.version ? regulatorsOf(rules) : [];
      const cast = regulators.map((regulator) => votes.key(head.recordId, regulator));
      return head.recordId === recordId ? cast : [...cast, records.key(recordId)];
    },
    voteOnRecord: (tx: Transaction, { recordId }: { recordId: string }): string[] => {
      const row = tx.state.peek(things, thingOfRecord(recordId));
      return row && row.head?.recordId !== recordId ? [records.key(recordId)] : [];
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
    const digest = thingDigest(input.thing);
    const present = await tx.state.get(things, digest);
    const { txId, now, caller } = tx;
    const thing = register(input, present, { registrant: caller.id, now, txId });
    if (thing) {
      tx.state.put(things, thing, digest);
      tx.emit({ type: 'ThingRegistered', thing: thing.thing, registrant: thing.registrant });
    }
    return { thing: input.thing, registrant: caller.id, txId: present?.txId ?? txId };
  }

  async announceMappingRecord(
    { tx }: LedgerContext,
    announcement: Announcement,
  ): Promise<Output<typeof announceMappingRecord>> {
    const { caller, state } = tx;
    const digest = thingDigest(announcement.thing);
    const row = await state.get(things, digest);
    const last = row?.head && (await lastOf(tx, row.head));
    // A first record has none before it that could have its id.
    const present = row?.head && (await stored(tx, row, announcement.recordId));
    const signer = await state.get(participants, caller.id);
    const rules = await tx.rules();
    const record = announce(announcement, {
      caller,
      now: tx.now,
      txId: tx.txId,
      rules,
      row,
      present,
      last,
      recipient: await state.get(participants, announcement.to),
      server: await state.get(servers, announcement.informationServer),
      signed:
        signer !== undefined &&
        tx.signatures.verify(signer.publicKey, announcementToSign(announcement), announcement.signature),
    });
    const { recordId } = announcement;
    if (!row || !record) {
      const first = present as StoredRecord;
      const { deadline } = await termsUnder(tx, first);
      return { recordId, thing: announcement.thing, status: 'announced', deadline, txId: first.txId };
    }
    if (row.head) state.put(records, row.head, row.head.recordId);
    state.put(things, { ...row, head: record }, digest);
    const { from, to } = record;
    const { deadline } = termsOf(record, rules);
    const parties = from === undefined ? { to } : { from, to };
    tx.emit({ type: 'MappingRecordAnnounced', recordId, thing: row.thing, ...parties, deadline });
    return { recordId, thing: row.thing, status: 'announced', deadline, txId: tx.txId };
  }

  async voteOnRecord({ tx }: LedgerContext, input: Input<typeof voteOnRecord>): Promise<Vote> {
    const { caller, now, txId } = tx;
    const present = await tx.state.get(votes, input.recordId, caller.member);
    const found = await recordOf(tx, input.recordId);
    const terms = found && (await termsUnder(tx, found.record));
    const vote = castVote(input, { terms, present, caller, now, txId });
    if (vote) {
      const { recordId, regulator, verifier, decision } = vote;
      tx.state.put(votes, vote, recordId, regulator);
      tx.emit({ type: 'VoteCast', recordId, regulator, verifier, decision });
    }
    return (vote ?? present) as Vote;
  }

  async getThing({ tx }: LedgerContext, input: Input<typeof getThing>): Promise<Output<typeof getThing>> {
    const row = await requireThing(tx, input.thing);
    const { holder, status } = custodyOf(row.head && (await lastOf(tx, row.head)), tx.now);
    return {
      thing: thingOf(row),
      ...(holder === undefined ? {} : { holder }),
      ...(status === 'announced' && row.head ? { pending: row.head.recordId } : {}),
    };
  }

  async getMappingRecord(
    { tx }: LedgerContext,
    { recordId }: Input<typeof getMappingRecord>,
  ): Promise<DecidedRecord> {
    const found = await recordOf(tx, recordId);
    if (!found) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
    return decided(tx, found.row, found.record, tx.now);
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
    const row = await requireThing(tx, input.thing);
    const at = input.at ?? tx.now;
    const chain: DecidedRecord[] = [];
    let pending: DecidedRecord | undefined;
    let next = row.head;
    while (next && chain.length < LONGEST_CHAIN) {
      const hop = await decided(tx, row, next, at);
      if (next.announcedAt <= at) {
        if (hop.status === 'accepted') chain.push(hop);
        else if (hop.status === 'announced') pending = hop;
      }
      next = next.previous === undefined ? undefined : await tx.state.get(records, next.previous);
    }
    const holder = chain[0]?.record.to;
    return {
      thing: thingOf(row),
      ...(holder === undefined ? {} : { holder }),
      ...(pending ? { pending } : {}),
      records: chain,
    };
  }
}

async function requireThing(tx: Transaction, id: string): Promise<ThingRow> {
  const row = await tx.state.get(things, thingDigest(id));
  if (row?.thing !== id) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return row;
}

function thingOf({ head: _, ...thing }: ThingRow): Thing {
  return thing;
}

/** A record by its id: the last of its thing, or one that a later record moved to a row of its own. */
async function recordOf(
  tx: Transaction,
  recordId: string,
): Promise<{ row: ThingRow; record: StoredRecord } | undefined> {
  const row = await tx.state.get(things, thingOfRecord(recordId));
  if (!row) return undefined;
  const record = await stored(tx, row, recordId);
  return record && { row, record };
}

async function stored(
  tx: Transaction,
  { head }: ThingRow,
  recordId: string,
): Promise<StoredRecord | undefined> {
  return head?.recordId === recordId ? head : tx.state.get(records, recordId);
}

async function termsUnder(tx: Transaction, record: StoredRecord): Promise<Terms> {
  return termsOf(record, await tx.rules(record.rules));
}

/** A record with its terms and votes. Each regulator's vote has a key of its own, so no range is read. */
async function lastOf(tx: Transaction, record: StoredRecord): Promise<Last> {
  const terms = await termsUnder(tx, record);
  const ids = terms.regulators.map((regulator) => [record.recordId, regulator]);
  const found = await tx.state.getAll(votes, ids);
  return { record, terms, votes: found.filter((vote) => vote !== undefined) };
}

async function decided(
  tx: Transaction,
  row: ThingRow,
  stored: StoredRecord,
  at: string,
): Promise<DecidedRecord> {
  const { record, terms, votes: cast } = await lastOf(tx, stored);
  const { announcedAt, previous, txId } = record;
  return {
    record: {
      ...announcementOf(row, record),
      ...terms,
      announcedAt,
      txId,
      ...(previous === undefined ? {} : { previous }),
    },
    votes: [...cast],
    ...verdictOf(terms, cast, at),
  };
}
