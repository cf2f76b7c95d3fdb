// SPDX-License-Identifier: Apache-2.0
import { LedgerContract, type LedgerContext, type Statement, type Transaction } from '@thingledger/kernel';
import {
  canonicalJson,
  markOf,
  participants,
  placeOfRecord,
  placesIn,
  recordIdOf,
  Refusal,
  regulatorsOf,
  runsOf,
  servers,
  statements,
  things,
  trails,
  votes,
  type announceMappingRecord,
  type Announcement,
  type DecidedRecord,
  type getCustodyChain,
  type getInformationServer,
  type getMappingRecord,
  type getStatement,
  type getThing,
  type InformationServer,
  type Input,
  type Output,
  type registerInformationServer,
  type registerThing,
  type Runs,
  type StatementResult,
  type StoredVotes,
  type Thing,
  type Trail,
  type Vote,
  type voteOnRecord,
  type voteOnRecords,
} from '@thingledger/protocol';
import { custodyOf, latestEventTime, requireAnnounceable } from '../domain/custody';
import { registerServer } from '../domain/server';
import { register } from '../domain/thing';
import { termsOf } from '../domain/verification';
import { castVotes, voteAt, type Ballot } from '../domain/vote';
import { decidedRecords, load, recentOf, termsOfStatement, type Loaded } from './records';

/** Longer chains than this are read in parts, by asking for the custody at an earlier time. */
const LONGEST_CHAIN = 1000;

/** Things, their transfers of custody, and the verifiers' votes (requirements T1 to T4, T6). */
export class TraceabilityContract extends LedgerContract {
  override readonly follow = {
    announceMappingRecord: (tx: Transaction, { thing }: Announcement): string[] => {
      const last = tx.state.peek(trails, thing)?.at(-1);
      const rules = tx.rulesInForce;
      if (!last || !rules) return [];
      const { statementId } = placeOfRecord(last[0]);
      // Records of earlier rules may have had other regulators; theirs are read when it comes to them.
      const cast = regulatorsOf(rules).map((regulator) => votes.key(statementId, regulator));
      return [statements.key(statementId), ...cast];
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
    const { txId, now, caller } = tx;
    const stored = register(input, present, { registrant: caller.id, now, txId });
    if (stored) {
      tx.state.put(things, stored, input.thing);
      tx.emit({ type: 'ThingRegistered', thing: input.thing, registrant: caller.id });
    }
    return { thing: input.thing, registrant: caller.id, txId: present?.txId ?? txId };
  }

  async announceMappingRecord(
    { tx }: LedgerContext,
    statement: Statement<Announcement>,
  ): Promise<StatementResult> {
    const { txId, now, caller } = tx;
    const rules = await tx.rules();
    const { deadline } = termsOf(now, rules);
    const latest = latestEventTime(now, rules);
    const opened = tx.statements.begin(statement, { by: caller.id, at: now, rules: rules.version });
    const repeated: StatementResult['repeated'] = {};
    const announced: Announcement[] = [];
    const places: number[] = [];
    const refused = await tx.each(statement.items, async (item, place) => {
      const trail = (await tx.state.get(trails, item.thing)) ?? [];
      const mark = markOf(item);
      const first = await saidBefore(tx, trail, mark, item);
      if (first) {
        repeated[place] = answerTo(first);
        return;
      }
      requireAnnounceable(item, {
        caller,
        now,
        rules,
        latest,
        thing: await tx.state.get(things, item.thing),
        recent: await recentOf(tx, trail, now),
        recipient: await tx.state.get(participants, item.to),
        server: await tx.state.get(servers, item.informationServer),
      });
      tx.state.put(trails, [...trail, [recordIdOf(opened.id, place), mark]], item.thing);
      announced.push(item);
      places.push(place);
    });
    if (places.length > 0) {
      const records = runsOf(places);
      tx.statements.keep(opened, records);
      const accounts = accountsIn(announced);
      tx.emit({ type: 'MappingRecordsAnnounced', statementId: opened.id, records, accounts, deadline });
    }
    return { statementId: opened.id, answer: { status: 'announced', deadline, txId }, repeated, refused };
  }

  async voteOnRecord({ tx }: LedgerContext, input: Input<typeof voteOnRecord>): Promise<Vote> {
    const { statementId, index } = placeOfRecord(input.recordId);
    const { cast } = await this.#vote(tx, { ...input, statementId, places: [index] });
    return voteAt(cast, statementId, index, tx.caller.member) as Vote;
  }

  async voteOnRecords(
    { tx }: LedgerContext,
    input: Input<typeof voteOnRecords>,
  ): Promise<Output<typeof voteOnRecords>> {
    const { statementId } = input;
    const { records } = await this.#vote(tx, { ...input, places: placesIn(input.records) });
    return { statementId, regulator: tx.caller.member, cast: placesIn(records).length };
  }

  async #vote(tx: Transaction, ballot: Ballot): Promise<{ cast: StoredVotes; records: Runs }> {
    const { statementId, decision } = ballot;
    const { caller, now, txId, state } = tx;
    const opened = await tx.statements.open(statementId);
    const result = castVotes(ballot, {
      statement: opened && { terms: await termsOfStatement(tx, opened), records: opened.row.records },
      present: (await state.get(votes, statementId, caller.member)) ?? [],
      caller,
      now,
      txId,
    });
    const { cast, records } = result;
    if (records.length > 0) {
      const [regulator, verifier] = [caller.member, caller.id];
      state.put(votes, cast, statementId, regulator);
      tx.emit({ type: 'VotesCast', statementId, records, regulator, verifier, decision });
    }
    return result;
  }

  async getThing({ tx }: LedgerContext, input: Input<typeof getThing>): Promise<Output<typeof getThing>> {
    const thing = await requireThing(tx, input.thing);
    const trail = (await tx.state.get(trails, input.thing)) ?? [];
    const recent = await recentOf(tx, trail, tx.now);
    const { holder, status } = custodyOf(recent, tx.now);
    const pending = status === 'announced' ? recent[0]?.recordId : undefined;
    return {
      thing,
      ...(holder === undefined ? {} : { holder }),
      ...(pending === undefined ? {} : { pending }),
    };
  }

  async getMappingRecord(
    { tx }: LedgerContext,
    { recordId }: Input<typeof getMappingRecord>,
  ): Promise<DecidedRecord> {
    const [found] = await decidedRecords(tx, [recordId], tx.now);
    if (!found) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
    return found;
  }

  async getStatement(
    { tx }: LedgerContext,
    { statementId }: Input<typeof getStatement>,
  ): Promise<Output<typeof getStatement>> {
    const opened = await tx.statements.open(statementId);
    if (!opened) throw new Refusal('TL-STATEMENT-UNKNOWN', { statement: statementId });
    const { by, signature, records } = opened.row;
    const ids = placesIn(records).map((place) => recordIdOf(statementId, place));
    return { statementId, by, text: opened.text, signature, records: await decidedRecords(tx, ids, tx.now) };
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
    const trail = (await tx.state.get(trails, input.thing)) ?? [];
    const ids = trail.slice(-LONGEST_CHAIN).map(([recordId]) => recordId);
    const chain = (await decidedRecords(tx, ids, at)).reverse();
    const records = chain.filter(({ status }) => status === 'accepted');
    const pending = chain.find(({ status }) => status === 'announced');
    const holder = records[0]?.record.to;
    return {
      thing,
      ...(holder === undefined ? {} : { holder }),
      ...(pending ? { pending } : {}),
      records,
    };
  }
}

async function requireThing(tx: Transaction, id: string): Promise<Thing> {
  const stored = await tx.state.get(things, id);
  if (!stored) throw new Refusal('TL-THING-UNKNOWN', { thing: id });
  return { thing: id, ...stored };
}

/** The record of the thing that says just this already, whoever sends it again: a repeated request changes nothing. */
async function saidBefore(
  tx: Transaction,
  trail: Trail,
  mark: string,
  announcement: Announcement,
): Promise<Loaded | undefined> {
  for (const [recordId] of trail.filter(([, known]) => known === mark)) {
    const record = await load(tx, recordId);
    if (record?.statement.row.by !== tx.caller.id) continue;
    if (canonicalJson(record.said) === canonicalJson(announcement)) return record;
  }
  return undefined;
}

function answerTo({ recordId, terms, statement }: Loaded): Output<typeof announceMappingRecord> {
  return { recordId, status: 'announced', deadline: terms.deadline, txId: statement.row.txId };
}

function accountsIn(announced: readonly Announcement[]): string[] {
  return [...new Set(announced.flatMap(({ from, to }) => (from === undefined ? [to] : [from, to])))].sort();
}
