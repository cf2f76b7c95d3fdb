// SPDX-License-Identifier: Apache-2.0
import { LedgerContract, type LedgerContext, type Statement, type Transaction } from '@thingledger/kernel';
import {
  locations,
  markOf,
  participants,
  placeOfRecord,
  placesIn,
  publicThing,
  recordIdOf,
  Refusal,
  servers,
  things,
  thingsIn,
  trails,
  votes,
  type announceMappingRecord,
  type Announcement,
  type CapturedEvent,
  type ChangeRecord,
  type ChangeReport,
  type CustodyChain,
  type DecidedRecord,
  type EventCapture,
  type getCapturedEvent,
  type getChange,
  type getContents,
  type getCustodyChain,
  type getInformationServer,
  type getLineage,
  type getLocation,
  type getMappingRecord,
  type getProvenance,
  type getStatement,
  type getThing,
  type InformationServer,
  type Input,
  type Output,
  type RegisteredLocation,
  type registerInformationServer,
  type registerLocation,
  type registerThing,
  type Runs,
  type StatementResult,
  type StoredVotes,
  type Vote,
  type voteOnRecord,
  type voteOnRecords,
} from '@thingledger/protocol';
import { latestEventTime, requireAnnounceable } from '../domain/custody';
import { locate } from '../domain/location';
import { registerServer } from '../domain/server';
import { register } from '../domain/thing';
import { termsOf } from '../domain/verification';
import { castVotes, voteAt, type Ballot } from '../domain/vote';
import { loadCapture, takeCaptures } from './captures';
import { Chains } from './chain';
import { contentsOf, loadChange, takeChanges } from './changes';
import { lineageOf, provenanceOf } from './lineage';
import { decidedRecords, load, openAnnouncements, termsOfStatement, type Loaded } from './records';
import { keysOfLast, recordsSince, Standings } from './standing';
import { saidBefore, takeStatement } from './take';
import { requireThing } from './things';

/** Things, their transfers of custody, and the verifiers' votes (requirements T1 to T4, T6). */
export class TraceabilityContract extends LedgerContract {
  override readonly follow = {
    announceMappingRecord: (tx: Transaction, { thing }: Announcement): string[] => keysOfLast(tx, thing),
    reportChange: (tx: Transaction, { change }: ChangeReport): string[] =>
      thingsIn(change).flatMap((id) => keysOfLast(tx, id)),
    captureEvent: (tx: Transaction, { change }: EventCapture): string[] =>
      change ? thingsIn(change).flatMap((id) => keysOfLast(tx, id)) : [],
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

  async registerLocation(
    { tx }: LedgerContext,
    input: Input<typeof registerLocation>,
  ): Promise<RegisteredLocation> {
    const { state, caller } = tx;
    const present = await state.get(locations, input.location);
    const account = await state.get(participants, input.account);
    const facts = { present, account, member: caller.member };
    const located = locate(input, facts, tx.decision(input.reason));
    const { location, member } = located;
    state.put(locations, located, location);
    tx.emit({ type: 'LocationRegistered', location, member, account: located.account });
    return located;
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
    const answer = { status: 'announced', deadline, txId };
    const taken = await takeStatement(tx, statement, answer, async (item, recordId) => {
      const trail = (await tx.state.get(trails, item.thing)) ?? [];
      const mark = markOf(item);
      const first = await saidBefore(tx, trail, mark, item, (id) => load(tx, id));
      if (first) return answerTo(first);
      const thing = await tx.state.get(things, item.thing);
      requireAnnounceable(item, {
        caller,
        now,
        rules,
        latest,
        thing,
        recent: await recordsSince(tx, item.thing, thing?.grounds?.at(-1)?.trail, now),
        recipient: await tx.state.get(participants, item.to),
        server: await tx.state.get(servers, item.informationServer),
      });
      tx.state.put(trails, [...trail, [recordId, mark]], item.thing);
      return undefined;
    });
    if (taken.records) {
      const { statementId } = taken.result;
      const accounts = accountsIn(taken.items);
      tx.emit({ type: 'MappingRecordsAnnounced', statementId, records: taken.records, accounts, deadline });
    }
    return taken.result;
  }

  reportChange({ tx }: LedgerContext, statement: Statement<ChangeReport>): Promise<StatementResult> {
    return takeChanges(tx, statement);
  }

  captureEvent({ tx }: LedgerContext, statement: Statement<EventCapture>): Promise<StatementResult> {
    return takeCaptures(tx, statement);
  }

  async getCapturedEvent(
    { tx }: LedgerContext,
    event: Input<typeof getCapturedEvent>,
  ): Promise<CapturedEvent> {
    const found = await loadCapture(tx, event);
    if (!found) throw new Refusal('TL-EPCIS-EVENT-UNKNOWN', event);
    return found;
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
    const opened = await openAnnouncements(tx, statementId);
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
    const stored = await requireThing(tx, input.thing);
    const { within, custody } = await new Standings(tx).of(input.thing);
    const { holder, pending } = custody;
    return {
      thing: publicThing(input.thing, stored),
      ...(holder === undefined || stored.ended !== undefined ? {} : { holder }),
      within: [...within],
      ...(pending === undefined ? {} : { pending }),
    };
  }

  async getChange({ tx }: LedgerContext, { recordId }: Input<typeof getChange>): Promise<ChangeRecord> {
    const found = await loadChange(tx, recordId);
    if (!found) throw new Refusal('TL-RECORD-UNKNOWN', { record: recordId });
    return found;
  }

  async getContents(
    { tx }: LedgerContext,
    input: Input<typeof getContents>,
  ): Promise<Output<typeof getContents>> {
    const stored = await requireThing(tx, input.thing);
    const { within } = await new Standings(tx).of(input.thing);
    const found = await contentsOf(tx, input.thing);
    return { thing: publicThing(input.thing, stored), within: [...within], ...found };
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
    // What is stated in changes is read in the text, or one by one.
    const decided = (await openAnnouncements(tx, statementId)) ? await decidedRecords(tx, ids, tx.now) : [];
    return { statementId, by, text: opened.text, signature, records: decided };
  }

  async getInformationServer(
    { tx }: LedgerContext,
    { address }: Input<typeof getInformationServer>,
  ): Promise<InformationServer> {
    const server = await tx.state.get(servers, address);
    if (!server) throw new Refusal('TL-SERVER-UNKNOWN', { field: 'address', address });
    return server;
  }

  async getLocation(
    { tx }: LedgerContext,
    { location }: Input<typeof getLocation>,
  ): Promise<RegisteredLocation> {
    const located = await tx.state.get(locations, location);
    if (!located) throw new Refusal('TL-LOCATION-UNKNOWN', { location });
    return located;
  }

  async getCustodyChain(
    { tx }: LedgerContext,
    { thing, at }: Input<typeof getCustodyChain>,
  ): Promise<CustodyChain> {
    return new Chains(tx, at ?? tx.now).of(thing);
  }

  getProvenance(
    { tx }: LedgerContext,
    input: Input<typeof getProvenance>,
  ): Promise<Output<typeof getProvenance>> {
    return provenanceOf(tx, input);
  }

  getLineage({ tx }: LedgerContext, input: Input<typeof getLineage>): Promise<Output<typeof getLineage>> {
    return lineageOf(tx, input);
  }
}

function answerTo({ recordId, terms, statement }: Loaded): Output<typeof announceMappingRecord> {
  return { recordId, status: 'announced', deadline: terms.deadline, txId: statement.row.txId };
}

function accountsIn(announced: readonly Announcement[]): string[] {
  return [...new Set(announced.flatMap(({ from, to }) => (from === undefined ? [to] : [from, to])))].sort();
}
