// SPDX-License-Identifier: Apache-2.0
import type { DecidedRecord, QueueEntry } from '@thingledger/protocol';
import PQueue from 'p-queue';
import type { LedgerReader } from '../../ledger/reader.js';
import type { Principal } from '../../principal.js';
import type { Change, QueueItem, VerificationQueue } from './queue.js';
import { RecordReader } from './records.js';

/**
 * The records that wait for their decision, nearest deadline first, with what the member's agent found. `ownVote` is
 * the member's, whoever cast it. What proves decided is taken off the queue.
 */
export async function listQueue(
  queue: VerificationQueue,
  reader: LedgerReader,
  limit: number,
  as: Principal,
): Promise<{ entries: QueueEntry[] }> {
  const entries: QueueEntry[] = [];
  let page: QueueItem[] = [];
  const take = async (): Promise<void> => {
    const records = new RecordReader(
      reader,
      as,
      page.map(({ recordId }) => recordId),
    );
    const asked = new PQueue({ concurrency: 8 });
    const changes = new Map<string, Change>();
    const found = await asked.addAll(
      page.map((item) => async () => {
        const decided = await records.get(item.recordId);
        if (decided.status === 'announced') return entryOf(item, decided, as);
        changes.set(item.recordId, (now) =>
          now?.dueAt === undefined || decided.status === 'expired' ? undefined : now,
        );
        return undefined;
      }),
    );
    if (changes.size > 0) await queue.update(changes);
    entries.push(...found.filter((entry) => entry !== undefined));
    page = [];
  };
  for await (const item of queue.byDeadline()) {
    page.push(item);
    if (entries.length + page.length < limit) continue;
    await take();
    if (entries.length >= limit) break;
  }
  await take();
  return { entries };
}

function entryOf(item: QueueItem, { record, votes, status }: DecidedRecord, as: Principal): QueueEntry {
  const ownVote = votes.find(({ regulator }) => regulator === as.member)?.decision;
  return {
    recordId: record.recordId,
    thing: record.thing,
    announcedAt: record.announcedAt,
    deadline: record.deadline,
    status,
    ...(ownVote !== undefined && { ownVote }),
    findings: [...item.findings],
  };
}
