import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Reading } from '../../server/domain/reading.ts';
import { HOUR_MS } from '../../server/domain/time.ts';
import type { HandOver, Rollup, RollupLevel, RollupWrite, TimeSeries } from '../../server/timeseries/port.ts';
import { Dice, random } from '../domain/load.ts';
import { EVER, LEVELS } from './contract.ts';
import { StoreModel } from './model.ts';

/** Everything that is done to a time series and asked of it, as commands that run on it and on a model. */

/** How a store is left and taken up again. */
export type Reopening = 'stopped' | 'killed' | 'backup' | 'layout 1' | 'layout 2';

/** The engine at hand. */
export interface Real {
  readonly store: TimeSeries;
  /** Whether a change is seen whole or not at all, by those who read beside it and after one that fails. */
  readonly isAtomic: boolean;
  reopen(how: Reopening, model: StoreModel): Promise<void>;
}

export interface World {
  readonly model: StoreModel;
  /** How many meters there are. */
  readonly population: number;
  readonly origin: number;
  /** Quarters of an hour that each meter has been read for in order of time. */
  readonly clock: Map<number, number>;
}

export function newWorld(population: number, origin: number): World {
  return { model: new StoreModel(), population, origin, clock: new Map() };
}

const QUARTER_MS = HOUR_MS / 4;
/** Days of three hours and months of three days, so that the ends of all of them are near. */
const QUARTERS: Record<RollupLevel, number> = { hour: 4, day: 12, month: 36 };
const FAR_MS = 9 * 365 * 24 * HOUR_MS;
/** Readings of one hand-over; those of more meters than this come one each. */
const MOST_READINGS = 30_000;
const NOBODY = 77_000_000;

/** Numbers are not always small, and those who come later not always larger. */
export function numberOf(index: number): number {
  return index % 50 === 49 ? 4_294_967_295 - index : index + 1;
}

interface Who {
  /** Where in the population they begin, and how many of it they are. */
  from: number;
  share: number;
  order: 'up' | 'down' | 'mixed';
}

const who: fc.Arbitrary<Who> = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  share: fc.constantFrom(0, 0, 0, 0.05, 0.5, 1),
  order: fc.constantFrom('up', 'down', 'mixed'),
});

function metersOf({ from, share, order }: Who, world: World, dice: Dice): number[] {
  const count = Math.max(1, Math.floor(share * world.population));
  const first = Math.floor(from * (world.population - 1));
  const out = Array.from({ length: count }, (_, i) => numberOf((first + i) % world.population));
  if (order === 'down') out.reverse();
  return order === 'mixed' ? shuffled(out, dice) : out;
}

function shuffled<T>(rows: T[], dice: Dice): T[] {
  for (let i = rows.length - 1; i > 0; i--) {
    const j = dice.whole(0, i);
    [rows[i], rows[j]] = [rows[j] as T, rows[i] as T];
  }
  return rows;
}

function startOf(world: World, level: RollupLevel, quarter: number): number {
  return world.origin + Math.floor(quarter / QUARTERS[level]) * QUARTERS[level] * QUARTER_MS;
}

/** No -0: where DuckDB packs a column, it is one with 0. */
function anyValue(dice: Dice): number {
  const odd = dice.pick([0, 5e-324, 1e21, -1 / 3, Number.MAX_SAFE_INTEGER]);
  return dice.pick([dice.whole(0, 1e6), dice.whole(0, 1e8) / 100, dice.between(-1, 1), odd]);
}

/** Sums of all meters stay below 2⁵³, where they are exact. */
function amount(dice: Dice): number {
  return dice.pick([0, 0, dice.whole(-5, 5), dice.whole(0, 1e6), dice.whole(-1e11, 1e11)]);
}

/** A hand-over that is being put together, each row as the model has it. */
class Batch {
  readonly readings: Reading[] = [];
  readonly #rows = { hour: new Map(), day: new Map(), month: new Map() } as Record<
    RollupLevel,
    Map<string, RollupWrite>
  >;
  readonly #model: StoreModel;
  readonly #times = new Set<string>();

  constructor(model: StoreModel) {
    this.#model = model;
  }

  read(r: Reading): void {
    const key = `${r.meter} ${r.time}`;
    if (this.#times.has(key) || this.#model.readings.get(r.meter)?.has(r.time)) return;
    this.#times.add(key);
    this.readings.push(r);
  }

  /** The row as it is so far, to be changed. */
  row(level: RollupLevel, meter: number, start: number): RollupWrite {
    const rows = this.#rows[level];
    let row = rows.get(`${meter} ${start}`);
    if (!row) {
      const known = this.#model.rollup(level, meter, start);
      const nothing = { meter, start, measured: 0, recovered: 0, estimated: 0, coveredMs: 0 };
      row = { ...(known ?? nothing), isNew: !known };
      rows.set(`${meter} ${start}`, row);
    }
    return row;
  }

  handOver(): HandOver {
    const [hours, days, months] = LEVELS.map((level) => [...this.#rows[level].values()]) as [
      RollupWrite[],
      RollupWrite[],
      RollupWrite[],
    ];
    for (const rows of [hours, days]) rows.sort((a, b) => a.start - b.start);
    return { cursor: this.#model.cursor + 1, readings: this.readings, hours, days, months };
  }
}

/** The next quarters of some meters, which change their open periods and end them. */
function inOrder(world: World, meters: readonly number[], quarters: number, dice: Dice): HandOver {
  const batch = new Batch(world.model);
  const most = Math.min(quarters, Math.max(1, Math.floor(MOST_READINGS / meters.length)));
  const isEven = dice.chance(0.5);
  for (const meter of meters) {
    const from = world.clock.get(meter) ?? dice.whole(0, 40);
    const to = from + (isEven ? most : dice.whole(0, most));
    for (let quarter = from; quarter < to; quarter++) {
      const time = world.origin + quarter * QUARTER_MS;
      batch.read({ meter, time, value: anyValue(dice), flags: dice.whole(0, 3) });
      const advance = dice.chance(0.9) ? 250_000 : amount(dice);
      const recovered = dice.chance(0.95) ? 0 : amount(dice);
      for (const level of LEVELS) {
        const row = batch.row(level, meter, startOf(world, level, quarter));
        row.measured += advance;
        row.recovered += recovered;
        row.coveredMs += QUARTER_MS;
      }
    }
    world.clock.set(meter, to);
  }
  return batch.handOver();
}

/** Anything at any time, most of it where something ends or begins, some of it years away. */
function anyTime(world: World, dice: Dice): number {
  const near = startOf(world, dice.pick(LEVELS), dice.whole(-40, 200)) + dice.pick([0, 0, -1, 1, 7_000]);
  return dice.chance(0.85) ? near : near + dice.pick([-FAR_MS, FAR_MS]);
}

function changed(row: RollupWrite, dice: Dice): void {
  row.measured = amount(dice);
  row.recovered = amount(dice);
  row.estimated = amount(dice);
  row.coveredMs = dice.whole(0, HOUR_MS);
}

function scattered(world: World, meters: readonly number[], each: number, dice: Dice): HandOver {
  const batch = new Batch(world.model);
  const most = Math.min(each, Math.max(1, Math.floor(MOST_READINGS / meters.length)));
  for (const meter of meters) {
    for (let i = dice.whole(0, most); i > 0; i--) {
      batch.read({ meter, time: anyTime(world, dice), value: anyValue(dice), flags: dice.whole(0, 255) });
      if (dice.chance(0.5)) continue;
      const level = dice.pick(LEVELS);
      const known = dice.chance(0.5) ? world.model.rollups(level, [meter], ...EVER) : [];
      const start = known.length > 0 ? dice.pick(known).start : anyTime(world, dice);
      changed(batch.row(level, meter, start), dice);
    }
  }
  return batch.handOver();
}

const ORDERED = (a: Rollup, b: Rollup): number => a.meter - b.meter || a.start - b.start;

/** What a recomputation puts in place of a span: some as it was, some changed, gone or new. */
function again(
  world: World,
  meters: readonly number[],
  span: readonly [number, number],
  dice: Dice,
): Record<'hours' | 'days' | 'months', Rollup[]> {
  const [from, to] = span;
  const keeps = dice.pick([0, 0.5, 0.9, 1]);
  const made = LEVELS.map((level) => {
    const batch = new Batch(world.model);
    for (const known of world.model.rollups(level, meters, from, to)) {
      if (!dice.chance(keeps)) continue;
      const row = batch.row(level, known.meter, known.start);
      if (dice.chance(0.5)) changed(row, dice);
    }
    for (const meter of meters.length > 500 ? meters.slice(0, 500) : meters) {
      const start = anyTime(world, dice);
      if (start >= from && start < to && dice.chance(0.5)) changed(batch.row(level, meter, start), dice);
    }
    const { hours, days, months } = batch.handOver();
    return [...hours, ...days, ...months].map(({ isNew: _, ...row }) => row).sort(ORDERED);
  });
  const [hours, days, months] = made as [Rollup[], Rollup[], Rollup[]];
  return { hours, days, months };
}

function spanOf(world: World, dice: Dice): [number, number] {
  const [a, b] = [anyTime(world, dice), anyTime(world, dice)];
  const whole = dice.pick<[number, number]>([
    [a, b],
    [a, a + 1],
    [a, a],
    [startOf(world, 'month', dice.whole(0, 120)), startOf(world, 'month', dice.whole(0, 200))],
    [-9e12, 9e12],
  ]);
  return whole[0] <= whole[1] ? whole : [whole[1], whole[0]];
}

/** Compared without printing thousands of rows. */
function same(what: string, is: readonly unknown[], should: readonly unknown[]): void {
  if (isDeepStrictEqual(is, should)) return;
  const at = should.findIndex((row, i) => !isDeepStrictEqual(is[i], row));
  const first = at < 0 ? should.length : at;
  expect({ what, rows: is.length, first, row: is[first] }).toEqual({
    what,
    rows: should.length,
    first,
    row: should[first],
  });
  // What only `isDeepStrictEqual` tells apart.
  expect(`${what}, row ${first}`).toBe('the same');
}

interface Question {
  what: string;
  ask(store: TimeSeries): Promise<readonly unknown[]>;
  answer(model: StoreModel): readonly unknown[];
  /** Answered by one look at one state. */
  isOneLook: boolean;
}

const byMeter = (rows: readonly Reading[]): Reading[] =>
  [...rows].sort((a, b) => a.meter - b.meter || a.time - b.time);

function question(world: World, dice: Dice): Question {
  const few = Array.from({ length: dice.whole(0, 6) }, () => numberOf(dice.whole(0, world.population - 1)));
  if (dice.chance(0.3)) few.push(NOBODY, ...few.slice(0, 2));
  const all = Array.from({ length: world.population }, (_, i) => numberOf(i));
  const meters = dice.chance(0.25) ? shuffled(all, dice) : few;
  const [from, to] = dice.chance(0.4) ? EVER : spanOf(world, dice);
  const level = dice.pick(LEVELS);
  const time = anyTime(world, dice);
  const limit = dice.pick([0, 1, 7, 5000]);
  const asked = meters.slice(0, 3000).flatMap((meter) => {
    const known = [...(world.model.readings.get(meter)?.values() ?? [])];
    const r = known.length > 0 && dice.chance(0.7) ? dice.pick(known) : { meter, time, value: 1, flags: 0 };
    return dice.chance(0.1) ? [r, { ...r, value: 5 }] : [r];
  });
  const kind = dice.pick(['rollups', 'sums', 'rollups', 'sums', 'readings', 'near', 'existing', 'latest']);
  const what = `${kind} ${level} of ${meters.length} [${from}, ${to}) at ${time} limit ${limit}`;
  const isOneLook = true;
  switch (kind) {
    case 'rollups':
      return {
        what,
        isOneLook,
        ask: (s) => s.rollups(level, meters, from, to),
        answer: (m) => m.rollups(level, meters, from, to),
      };
    case 'sums':
      return {
        what,
        isOneLook,
        ask: (s) => s.sums(level, meters, from, to),
        answer: (m) => m.sums(level, meters, from, to),
      };
    case 'readings':
      return {
        what,
        isOneLook,
        ask: (s) => s.readings(meters, from, to, limit),
        answer: (m) => m.readingsOf(meters, from, to, limit),
      };
    case 'near':
      return {
        what,
        isOneLook: false,
        ask: async (s) =>
          byMeter(await s.before(meters, time)).concat(byMeter(await s.after([...new Set(meters)], time))),
        answer: (m) => [...m.before(meters, time), ...m.after(meters, time)],
      };
    case 'existing':
      return {
        what,
        isOneLook,
        ask: async (s) => byMeter(await s.existing(asked)),
        answer: (m) => m.existing(asked),
      };
    default:
      return { what, isOneLook, ask: async (s) => byMeter(await s.latest()), answer: (m) => m.latest() };
  }
}

/** Asked side by side, so that those that are alike are answered by one look. */
export async function askSome(world: World, store: TimeSeries, dice: Dice, count: number): Promise<void> {
  const questions = Array.from({ length: count }, () => question(world, dice));
  const twice = [...questions, ...questions.slice(0, 2)];
  const answers = await Promise.all(twice.map((q) => q.ask(store)));
  for (const [i, q] of twice.entries()) same(q.what, answers[i] ?? [], q.answer(world.model));
}

/** Everything that the store holds is what the model holds, and nothing besides. */
export async function compareAll({ model, population }: World, store: TimeSeries): Promise<void> {
  const all = [...Array.from({ length: population }, (_, i) => numberOf(i)), NOBODY];
  for (const level of LEVELS) {
    same(`all ${level}s`, await store.rollups(level, all, ...EVER), model.rollups(level, all, ...EVER));
    same(`sums of all ${level}s`, await store.sums(level, all, ...EVER), model.sums(level, all, ...EVER));
  }
  same('all readings', await store.readings(all, ...EVER), model.readingsOf(all, ...EVER));
  same('all newest', byMeter(await store.latest()), model.latest());
}

type Write = { write: HandOver } | { replace: Parameters<TimeSeries['replace']> };

function perform(change: Write, store: TimeSeries): Promise<void> {
  return 'write' in change ? store.write(change.write) : store.replace(...change.replace);
}

/** Carries out the change; who reads beside it sees what was before it or what is after it. */
async function make(change: Write, world: World, real: Real, dice: Dice): Promise<void> {
  const { model } = world;
  const beside = real.isAtomic
    ? Array.from({ length: dice.pick([0, 0, 3]) }, () => question(world, dice)).filter((q) => q.isOneLook)
    : [];
  const before = beside.map((q) => q.answer(model));
  const seen: [number, readonly unknown[]][] = [];
  let isDone = false;
  const writing = perform(change, real.store).finally(() => {
    isDone = true;
  });
  const reading = beside.map(async (q, i) => {
    for (let asked = 0; asked < 10 && (asked === 0 || !isDone); asked++) {
      const answer = await q.ask(real.store);
      if (!isDeepStrictEqual(answer, before[i])) seen.push([i, answer]);
      await turn();
    }
  });
  await Promise.all([writing, ...reading]);
  if ('write' in change) model.write(change.write);
  else model.replace(...change.replace);
  const after = beside.map((q) => q.answer(model));
  for (const [i, answer] of seen) same(`beside the change: ${beside[i]?.what}`, answer, after[i] ?? []);
}

type Command = fc.AsyncCommand<World, Real>;

function command(
  name: string,
  params: object,
  seed: number,
  run: (world: World, real: Real, dice: Dice) => Promise<void>,
): Command {
  return {
    check: () => true,
    toString: () => `${name}(${JSON.stringify({ ...params, seed })})`,
    async run(world, real) {
      const dice = new Dice(random(seed));
      await run(world, real, dice);
      await askSome(world, real.store, dice, 4);
    },
  };
}

const seed = fc.nat(1_000_000);
const each = fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(60) });

const handOvers = fc.record({ who, quarters: each, seed }).map(({ seed: s, ...p }) =>
  command('inOrder', p, s, async (world, real, dice) => {
    const write = inOrder(world, metersOf(p.who, world, dice), p.quarters, dice);
    await make({ write }, world, real, dice);
    expect(await real.store.applied(write.cursor)).toBe(real.isAtomic);
    expect(await real.store.applied(write.cursor + 1)).toBe(false);
  }),
);

const lateOnes = fc.record({ who, each, seed }).map(({ seed: s, ...p }) =>
  command('scattered', p, s, async (world, real, dice) => {
    const write = scattered(world, metersOf(p.who, world, dice), p.each, dice);
    await make({ write }, world, real, dice);
  }),
);

const replacements = fc.record({ who, seed }).map(({ seed: s, ...p }) =>
  command('replace', p, s, async (world, real, dice) => {
    const meters = metersOf(p.who, world, dice);
    const span = spanOf(world, dice);
    await make({ replace: [meters, ...span, again(world, meters, span, dice)] }, world, real, dice);
  }),
);

/** One number in it is none, somewhere. */
const failures = fc.record({ who, seed }).map(({ seed: s, ...p }) =>
  command('failing', p, s, async (world, real, dice) => {
    const clock = new Map(world.clock);
    const meters = metersOf(p.who, world, dice);
    const { hours, days, months, ...rest } = inOrder(world, meters, 8, dice);
    for (const [meter, at] of world.clock) {
      const was = clock.get(meter);
      if (was === undefined) world.clock.delete(meter);
      else if (was !== at) world.clock.set(meter, was);
    }
    const of = dice.pick([hours, days, months].filter((rows) => rows.length > 0));
    if (!of) return;
    const one = dice.pick(of);
    one[dice.pick(['measured', 'recovered', 'estimated', 'coveredMs'] as const)] = dice.pick([
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    const change = dice.chance(0.5)
      ? real.store.write({ ...rest, hours, days, months })
      : real.store.replace(meters, -9e12, 9e12, { hours, days, months });
    await expect(change).rejects.toThrow(RangeError);
    expect(await real.store.applied(rest.cursor)).toBe(false);
  }),
);

const reopenings = (ways: readonly Reopening[]): fc.Arbitrary<Command> =>
  fc.record({ how: fc.constantFrom(...ways), seed }).map(({ seed: s, ...p }) =>
    command('reopen', p, s, async (world, real) => {
      await real.reopen(p.how, world.model);
      expect(await real.store.applied(world.model.cursor)).toBe(real.isAtomic);
    }),
  );

export interface Scope {
  ways: readonly Reopening[];
  /** Whether a change that fails leaves nothing behind. */
  fails: boolean;
}

export function operations({ ways, fails }: Scope): fc.Arbitrary<Command>[] {
  const kinds = [handOvers, handOvers, lateOnes, replacements, reopenings(ways)];
  return fails ? [...kinds, failures] : kinds;
}

/** A change of one kind or another. */
export async function something(world: World, real: Real, dice: Dice): Promise<void> {
  const share = dice.pick([0, 0.2, 1]);
  const meters = metersOf({ from: dice.between(0, 1), share, order: 'mixed' }, world, dice);
  const span = spanOf(world, dice);
  const change = dice.pick<() => Write>([
    () => ({ write: inOrder(world, meters, 6, dice) }),
    () => ({ write: scattered(world, meters, 3, dice) }),
    () => ({ replace: [meters, ...span, again(world, meters, span, dice)] }),
  ]);
  await make(change(), world, real, dice);
}

/** The first readings of each meter, as in the first hours of a new estate. */
export async function everybody(world: World, real: Real, by: number): Promise<void> {
  const dice = new Dice(random(by));
  const meters = metersOf({ from: 0, share: 1, order: dice.pick(['up', 'down', 'mixed']) }, world, dice);
  await make({ write: inOrder(world, meters, 5, dice) }, world, real, dice);
}
