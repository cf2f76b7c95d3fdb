// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '@thingledger/kernel';
import {
  isTakenUnread,
  markOfEvent,
  placeOfRecord,
  recordsMarked,
  recordsOn,
  runsOf,
  SHEET_RECORDS,
  sheetId,
  sheets,
  type EventCapture,
  type EventId,
  type Sheet,
} from '@thingledger/protocol';

/** A sheet that a statement writes on: what stood there, for how many more records there is room, and what comes to it. */
interface Written {
  readonly id: readonly string[];
  readonly before: Sheet;
  readonly room: number;
  /** The coming records in the order of the statement, by the marks of their events. */
  readonly coming: Map<string, string[]>;
  readonly added: { readonly recordId: string; readonly mark: string }[];
}

/** The number of the sheet that a capture belongs on; undefined when it is to have a row of its own. */
export function sheetOf(item: EventCapture): number | undefined {
  return isTakenUnread(item) ? item.sheet : undefined;
}

/** Members' sheets as a statement of captures sees them; each that it writes on is written once (decision 0023). */
export class Sheets {
  readonly #written = new Map<string, Written>();

  constructor(private readonly tx: Pick<Transaction, 'state' | 'caller'>) {}

  /** Takes a record of the caller's that belongs on a sheet; false when it belongs on none, or there is no more room. */
  async take(item: EventCapture, recordId: string): Promise<boolean> {
    const number = sheetOf(item);
    if (number === undefined) return false;
    const { room, coming, added } = await this.#open(sheetId(item, this.tx.caller.member, number));
    if (added.length >= room) return false;
    const mark = markOfEvent(item.eventHash);
    added.push({ recordId, mark });
    coming.set(mark, [...(coming.get(mark) ?? []), recordId]);
    return true;
  }

  /** The records on sheets that may be of an event: they bear its mark. */
  async candidates({ eventHash }: EventId, ids: readonly (readonly string[])[]): Promise<string[]> {
    const mark = markOfEvent(eventHash);
    const rows = await this.tx.state.getAll(sheets, ids);
    return ids.flatMap((id, at) => [
      ...recordsMarked(rows[at] ?? {}, mark),
      ...(this.#written.get(sheets.key(...id))?.coming.get(mark) ?? []),
    ]);
  }

  /** Writes what was taken. */
  put(statementId: string): void {
    for (const { id, before, added } of this.#written.values()) {
      if (added.length === 0) continue;
      const runs = runsOf(added.map(({ recordId }) => placeOfRecord(recordId).index));
      const marks = added.map(({ mark }) => mark).join('');
      this.tx.state.put(sheets, { ...before, [statementId]: [runs, marks] }, ...id);
    }
  }

  async #open(id: readonly string[]): Promise<Written> {
    const key = sheets.key(...id);
    const known = this.#written.get(key);
    if (known) return known;
    const before = (await this.tx.state.get(sheets, ...id)) ?? {};
    const room = SHEET_RECORDS - recordsOn(before);
    const written = { id, before, room, coming: new Map<string, string[]>(), added: [] };
    this.#written.set(key, written);
    return written;
  }
}
