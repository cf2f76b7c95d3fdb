// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { Refusal } from '@thingledger/protocol';
import {
  MASTER_DATA_LIMITS,
  MasterDataIndex,
  type MasterData,
  type MasterDataElement,
} from '@thingledger/protocol/epcis';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { Sealing } from './sealing.js';
import type { EpcisStore, Job, KeptElement } from './store.js';

/** How much master data a member keeps. */
export interface MasterDataRoom {
  readonly elements: number;
  /** Of all elements: what is inside a place is gathered in memory for each query that asks for it. */
  readonly children: number;
  /** Of all elements as JSON. */
  readonly bytes: number;
}

const ROOM: MasterDataRoom = { elements: 50_000, children: 200_000, bytes: 32 * 1024 * 1024 };

const NOTHING: MasterDataRoom = { elements: 0, children: 0, bytes: 0 };

/** What master data is read from and kept in. */
export interface OwnMasterDataParts {
  readonly store: Pick<EpcisStore, 'addJob' | 'masterData'>;
  /** 32 bytes, kept elsewhere than the store. */
  readonly key: Uint8Array;
  readonly log: Pick<Logger, 'warn'>;
  readonly room?: MasterDataRoom;
}

/**
 * The member's own master data in memory, made from the store at start (EPCIS 2.0, section 6.5; requirement T8). It is
 * kept encrypted, under names that tell nothing: what is said of places and goods is as private as events are.
 */
export class OwnMasterData implements MasterData {
  readonly #index = new MasterDataIndex();
  readonly #sealing: Sealing;
  readonly #room: MasterDataRoom;
  /** What each element takes, by the name that it is kept under. */
  readonly #sizes = new Map<string, MasterDataRoom>();
  #taken = NOTHING;
  /** One document after the other: each is merged with what the ones before it left. */
  readonly #changes = new PQueue({ concurrency: 1 });

  private constructor(private readonly parts: OwnMasterDataParts) {
    this.#sealing = new Sealing(parts.key);
    this.#room = parts.room ?? ROOM;
  }

  /** Reads what the store has. An element that was altered there is left out. */
  static async load(parts: OwnMasterDataParts): Promise<OwnMasterData> {
    const own = new OwnMasterData(parts);
    let altered = 0;
    for (const { name, sealed = '' } of await parts.store.masterData()) {
      try {
        const text = own.#sealing.open(sealed, name);
        const element = JSON.parse(text) as MasterDataElement;
        own.#set(name, element, sizeOf(element, text));
      } catch {
        altered += 1;
      }
    }
    if (altered > 0) parts.log.warn({ altered }, 'kept master data can not be read');
    return own;
  }

  elementsOf(id: string): readonly MasterDataElement[] {
    return this.#index.elementsOf(id);
  }

  /**
   * Keeps what a document says together with its job: when this resolves both are on disk, and queries go by it. An
   * attribute that is named takes the place of what it was, `null` takes it away; children take the place of those there
   * were; the rest of an element stays. Refuses with `TL-EPCIS-MASTER-DATA-LIMIT`, and then keeps neither.
   */
  async keep(said: readonly MasterDataElement[], job: Job): Promise<void> {
    const { store } = this.parts;
    if (said.length === 0) return store.addJob(job);
    await this.#changes.add(async () => {
      const changed = this.#merged(said);
      const kept = [...changed].map(([name, element]) => {
        const text = isEmpty(element) ? undefined : JSON.stringify(element);
        return { name, element, text, size: sizeOf(element, text) };
      });
      this.#requireRoom(kept);
      await store.addJob(
        job,
        kept.map(({ name, text }): KeptElement =>
          text === undefined ? { name } : { name, sealed: this.#sealing.seal(text, name) },
        ),
      );
      for (const { name, element, size } of kept) this.#set(name, element, size);
    });
  }

  /** The elements that change, by name, as they will be. */
  #merged(said: readonly MasterDataElement[]): Map<string, MasterDataElement> {
    const changed = new Map<string, MasterDataElement>();
    for (const element of said) {
      const name = this.#nameOf(element);
      const before = changed.get(name) ?? this.#index.get(element);
      const now = merge(before, element);
      const limit = MASTER_DATA_LIMITS.attributes;
      if (now.attributes.length > limit)
        throw new Refusal('TL-EPCIS-MASTER-DATA-LIMIT', { limit, of: 'attributes', id: element.id });
      changed.set(name, now);
    }
    return changed;
  }

  #requireRoom(kept: readonly { readonly name: string; readonly size: MasterDataRoom }[]): void {
    let taken = this.#taken;
    for (const { name, size } of kept) taken = replaced(taken, this.#sizes.get(name), size);
    for (const what of ['elements', 'children', 'bytes'] as const) {
      const limit = this.#room[what];
      if (taken[what] > limit) throw new Refusal('TL-EPCIS-MASTER-DATA-LIMIT', { limit, of: what });
    }
  }

  /** Takes in an element that is kept; one of no size is there no longer. */
  #set(name: string, element: MasterDataElement, size: MasterDataRoom): void {
    this.#taken = replaced(this.#taken, this.#sizes.get(name), size);
    if (size.elements > 0) {
      this.#sizes.set(name, size);
      this.#index.set(element);
    } else {
      this.#sizes.delete(name);
      this.#index.delete(element);
    }
  }

  /** No white space is in either, so that no two share a name. */
  #nameOf({ type, id }: MasterDataElement): string {
    return createHmac('sha256', this.parts.key).update(`${type} ${id}`).digest('hex');
  }
}

/** What an element takes as it is kept; nothing without text. */
function sizeOf({ children = [] }: MasterDataElement, text: string | undefined): MasterDataRoom {
  if (text === undefined) return NOTHING;
  return { elements: 1, children: children.length, bytes: Buffer.byteLength(text) };
}

function replaced(taken: MasterDataRoom, before = NOTHING, now: MasterDataRoom): MasterDataRoom {
  return {
    elements: taken.elements + now.elements - before.elements,
    children: taken.children + now.children - before.children,
    bytes: taken.bytes + now.bytes - before.bytes,
  };
}

function merge(before: MasterDataElement | undefined, said: MasterDataElement): MasterDataElement {
  const { type, id } = said;
  const named = new Set(said.attributes.map(([name]) => name));
  const rest = before?.attributes.filter(([name]) => !named.has(name)) ?? [];
  const attributes = [...rest, ...said.attributes.filter(([, value]) => value !== null)];
  const children = said.children ?? before?.children ?? [];
  return { type, id, attributes, ...(children.length > 0 && { children }) };
}

const isEmpty = ({ attributes, children = [] }: MasterDataElement): boolean =>
  attributes.length === 0 && children.length === 0;
