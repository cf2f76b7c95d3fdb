// SPDX-License-Identifier: Apache-2.0
import { effectsOf, totalsOf, type Quantity, type Thing, type ThingChange } from '@thingledger/protocol';
import fc from 'fast-check';
import { codeOf, Market } from '../testing/market';

const HOLDERS = ['farm@maker', 'shop@bank'] as const;
const kg = (value: number): Quantity => ({ value: String(value), unit: 'KGM' });
const idOf = (n: number): string => `urn:lot:${String(n).padStart(3, '0')}/x`;

/** One step of a story, by places in the list of all things so far; most can not be done, and are refused. */
interface Step {
  readonly what:
    'split' | 'merge' | 'relabel' | 'transform' | 'pack' | 'unpack' | 'associate' | 'dissociate' | 'move';
  readonly a: number;
  readonly b: number;
  readonly by: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'split',
    'merge',
    'relabel',
    'transform',
    'pack',
    'pack',
    'unpack',
    'associate',
    'dissociate',
    'move',
    'move',
  ),
  a: fc.nat(40),
  b: fc.nat(40),
  by: fc.nat(3),
});

/** What came of a story: every thing, and how many kilograms got lost in transforming. */
class Story {
  readonly ids: string[] = [];
  /** Mostly what has not ended is worth naming. */
  #live: string[] = [];
  done = 0;
  lost = 0;

  constructor(readonly market: Market) {}

  fresh(): string {
    const id = idOf(this.ids.length);
    this.ids.push(id);
    return id;
  }

  async begin(): Promise<void> {
    for (let n = 0; n < 4; n += 1) await this.market.grow(this.fresh(), 'batch', kg(64), HOLDERS[n % 2]);
    for (let n = 0; n < 2; n += 1)
      await this.market.grow(this.fresh(), 'container', { value: '1', unit: 'C62' }, HOLDERS[n % 2]);
    this.#live = [...this.ids];
  }

  async take({ what, a, b, by }: Step): Promise<void> {
    const among = a === 0 ? this.ids : this.#live;
    const [x, y] = [among[a % among.length] as string, among[b % among.length] as string];
    const { thing, holder } = await this.market.ask('getThing', { thing: x });
    const caller = by === 0 ? (HOLDERS[b % 2] as string) : (holder ?? HOLDERS[0]);
    if (what === 'move') {
      const from = holder ?? caller;
      const to = HOLDERS.find((one) => one !== from) as string;
      const announced = await this.market.announce(from, { thing: x, quantity: thing.quantity, from, to });
      if (announced.ok) await this.market.accept(announced);
      return;
    }
    const { change, lost = 0, made } = await this.#change(what, x, y, thing.quantity);
    const ids = this.ids.slice(this.ids.length - made);
    const outcome = await this.market.report(caller, change);
    if (outcome.ok) {
      this.done += 1;
      this.lost += lost;
      const { ended } = effectsOf(change);
      this.#live = this.ids.filter(
        (id) => (this.#live.includes(id) || ids.includes(id)) && !ended.includes(id),
      );
    } else {
      if (codeOf(outcome) === 'TL-INTERNAL') throw new Error(outcome.refusal.detail);
      // What was not made is not there to be named.
      this.ids.length -= made;
    }
  }

  async #change(
    what: Exclude<Step['what'], 'move'>,
    x: string,
    y: string,
    { value, unit }: Quantity,
  ): Promise<{ change: ThingChange; lost?: number; made: number }> {
    const amount = Number(value);
    const batch = (size: number) =>
      ({ thing: this.fresh(), kind: 'batch', quantity: { value: String(size), unit } }) as const;
    switch (what) {
      case 'split':
        return { change: { type: 'split', from: x, into: [batch(amount / 2), batch(amount / 2)] }, made: 2 };
      case 'merge': {
        const other = (await this.market.ask('getThing', { thing: y })).thing.quantity;
        const into = batch(amount + Number(other.value));
        return { change: { type: 'merge', from: [x, y], into }, made: 1 };
      }
      case 'relabel':
        return { change: { type: 'relabel', from: x, to: this.fresh() }, made: 1 };
      case 'transform': {
        const lost = unit === 'KGM' ? amount / 4 : 0;
        return { change: { type: 'transform', from: [x], into: [batch(amount - lost)] }, lost, made: 1 };
      }
      default:
        return { change: { type: what, parent: x, children: [y] }, made: 0 };
    }
  }
}

test('T5 any sequence of changes and transfers keeps quantities, holds no cycle, and traces both ways alike', async () => {
  let done = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 45 }), async (steps) => {
      const story = new Story(await Market.open());
      await story.begin();
      for (const one of steps) await story.take(one);
      done += story.done;
      const { market, ids } = story;
      const all = new Map<string, { thing: Thing; holder?: string | undefined; within: string[] }>();
      for (const id of ids) all.set(id, await market.ask('getThing', { thing: id }));

      const at = market.ledger.now.toISOString();
      const live = [...all.values()].filter(({ thing }) => thing.ended === undefined);
      const mass = totalsOf(live.map(({ thing }) => thing.quantity).filter(({ unit }) => unit === 'KGM'));
      expect(mass.get('mass') ?? 0n).toBe(totalsOf([kg(256 - story.lost)]).get('mass'));

      for (const [id, { thing, within, holder }] of all) {
        expect(new Set([id, ...within]).size).toBe(1 + within.length);
        const root = all.get(within.at(-1) ?? id);
        expect(holder).toBe(root?.holder);
        expect(HOLDERS.includes(holder as never)).toBe(thing.ended === undefined);
        expect((await market.ask('getCustodyChain', { thing: id })).holder).toBe(holder);
        expect((await market.ask('getCustodyChain', { thing: id, at })).holder).toBe(holder);
        const { contents } = await market.ask('getContents', { thing: id });
        const direct = contents.filter(({ depth }) => depth === 1).map((one) => one.thing);
        const children = [...all]
          .filter(([, other]) => other.thing.parent?.thing === id)
          .map(([child]) => child);
        expect(direct.sort()).toEqual(children.sort());
      }

      const reach = async (direction: string): Promise<string[]> => {
        const pairs: string[] = [];
        for (const id of ids) {
          const { things } = await market.ask('getLineage', { thing: id, direction });
          for (const { thing } of things)
            pairs.push(direction === 'back' ? `${thing.thing} ${id}` : `${id} ${thing.thing}`);
        }
        return pairs.sort();
      };
      expect(await reach('forward')).toEqual(await reach('back'));
    }),
    { seed: 5, numRuns: 30 },
  );
  // Refusals alone would prove nothing.
  expect(done).toBeGreaterThan(150);
}, 60_000);
