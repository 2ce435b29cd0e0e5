import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { Estate } from '../../server/domain/estate.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { Journal } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { DUCKDB_FILE, DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { Dice, random } from '../domain/load.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { EVER } from '../timeseries/contract.ts';
import { type Crash, crashing } from './crashing.ts';
import { QUARTER, quiet, reference, start } from './rig.ts';

/** How many estates; a night has time for more: ESTATES=40. */
const ESTATES = Number(process.env.ESTATES ?? 1);
const SEED = Number(process.env.SEED ?? 5);
/** Meters beyond what a hand-over, a question and a page of memory hold at once. */
const POPULATIONS = [40, 300, 1100, 2600];
const ROUNDS = ESTATES > 1 ? 14 : 7;
/** Rounds by which a reading may be late; what comes again comes after all of them. */
const LATE = 3;
const FILES = ['journal.sqlite', 'journal.sqlite-wal', DUCKDB_FILE, `${DUCKDB_FILE}.wal`];
const DEADLINE_MS = 120_000;

/** Journal, ledger and time series on the files of a directory. */
class Site {
  readonly #of: Estate;
  readonly #root = directory();
  #number = 0;
  journal!: Journal;
  timeseries!: DuckDBTimeSeries;
  ledger!: Ledger;

  constructor(of: Estate) {
    this.#of = of;
  }

  get #path(): string {
    return join(this.#root, String(this.#number));
  }

  async open(): Promise<void> {
    mkdirSync(this.#path, { recursive: true });
    this.journal = new Journal({ file: join(this.#path, 'journal.sqlite'), groupMs: 0 });
    this.timeseries = new DuckDBTimeSeries({ directory: this.#path, walLimit: '100KB' });
    await this.journal.start();
    await this.timeseries.start();
    this.#begin();
  }

  #begin(): void {
    const { journal, timeseries } = this;
    this.ledger = new Ledger({ journal, timeseries, estate: () => this.#of, log: quiet });
    this.ledger.start();
  }

  async close(): Promise<void> {
    await this.ledger.stop();
    await this.journal.stop();
    await this.timeseries.stop();
  }

  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** Dies at a step of the ledger; what is in the files then is all that is left. */
  async die(at: number, when: Crash['when'], readings: Reading[]): Promise<void> {
    await this.ledger.stop();
    const crash: Crash = { at, when, happened: false };
    const { journal, timeseries } = this;
    this.ledger = new Ledger({
      journal: crashing(journal, crash),
      timeseries: crashing(timeseries, crash),
      estate: () => this.#of,
      log: quiet,
    });
    await journal.append(readings, []);
    this.ledger.start();
    const deadline = Date.now() + DEADLINE_MS;
    while (!crash.happened && !this.ledger.idle) {
      if (Date.now() > deadline) throw new Error(`neither dead nor done within ${DEADLINE_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await this.ledger.stop();
    const left = this.#path;
    this.#number++;
    mkdirSync(this.#path);
    for (const name of FILES) {
      if (existsSync(join(left, name))) copyFileSync(join(left, name), join(this.#path, name));
    }
    await journal.stop();
    await timeseries.stop();
    await this.open();
  }
}

/** Quarters of an hour across the end of a month; most in order, some late, again, or otherwise. */
function arrivals(
  meters: number,
  dice: Dice,
): { rounds: Reading[][]; inForce: Reading[]; conflicts: number } {
  const rounds = Array.from({ length: ROUNDS + LATE + 1 }, (): Reading[] => []);
  const inForce: Reading[] = [];
  let conflicts = 0;
  for (let no = 1; no <= meters; no++) {
    let value = dice.whole(0, 1e6) / 100;
    let quarter = dice.whole(0, 3);
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = dice.pick([0, 1, 2, 2, 3]); i > 0; i--) {
        value = Math.round((value + dice.whole(0, 4000) / 100) * 100) / 100;
        const reading = { meter: no, time: start + quarter++ * QUARTER, value, flags: 0 };
        const late = dice.chance(0.01) ? dice.whole(1, LATE) : 0;
        rounds[round + late]?.push(reading);
        inForce.push(reading);
        if (dice.chance(0.01)) rounds[ROUNDS + LATE]?.push(reading);
        if (dice.chance(0.003)) {
          conflicts++;
          rounds[ROUNDS + LATE]?.push({ ...reading, value: value + 1 });
        }
      }
    }
  }
  for (const round of rounds) {
    const order = dice.pick(['up', 'down', 'time', 'none']);
    if (order === 'down') round.reverse();
    if (order === 'time') round.sort((a, b) => a.time - b.time);
    if (order === 'none') round.sort((a, b) => ((a.meter * 7919) % 997) - ((b.meter * 7919) % 997));
  }
  inForce.sort((a, b) => a.meter - b.meter || a.time - b.time);
  return { rounds, inForce, conflicts };
}

async function compare(site: Site, of: Estate, inForce: readonly Reading[], story: string): Promise<void> {
  const nos = of.meters.map((m) => m.no);
  const { timeseries } = site;
  const is = {
    readings: await timeseries.readings(nos, ...EVER),
    hours: await timeseries.rollups('hour', nos, ...EVER),
    days: await timeseries.rollups('day', nos, ...EVER),
    months: await timeseries.rollups('month', nos, ...EVER),
  };
  const should = { readings: inForce, ...(reference(of, inForce) as Omit<typeof is, 'readings'>) };
  for (const name of ['readings', 'hours', 'days', 'months'] as const) {
    if (isDeepStrictEqual(is[name], should[name])) continue;
    const at = should[name].findIndex((row, i) => !isDeepStrictEqual(is[name][i], row));
    expect({ story, name, at, rows: is[name].length, row: is[name][at] }).toEqual({
      story,
      name,
      at,
      rows: should[name].length,
      row: should[name][at],
    });
  }
}

test.each(Array.from({ length: ESTATES }, (_, i) => SEED + i))(
  'an estate of many meters over restarts and deaths as in one go, seed %i',
  async (seed) => {
    const dice = new Dice(random(seed * 31 + 7));
    const population = POPULATIONS[seed % POPULATIONS.length] as number;
    const kinds = ['cumulative', 'cumulative', 'cumulative', 'interval', 'power'] as const;
    const of = estate(
      Array.from({ length: population }, (_, i) => meter({ no: i + 1, register: dice.pick(kinds) })),
    );
    const { rounds, inForce, conflicts } = arrivals(population, dice);
    const site = new Site(of);
    await site.open();
    onTestFinished(() => site.close());
    const story: string[] = [`${population} meters`];
    for (const round of rounds) {
      const how = dice.pick(['waited', 'went on', 'restarted', 'died', 'died']);
      if (how === 'died') {
        const [at, when] = [dice.pick([1, 1, 2, 2, 3, 4, 5]), dice.pick(['before', 'after'] as const)];
        story.push(`${how} ${when} step ${at}`);
        await site.die(at, when, round);
        continue;
      }
      story.push(how);
      await site.journal.append(round, []);
      if (how === 'waited') await site.ledger.drained();
      if (how === 'restarted') await site.restart();
    }
    await site.ledger.drained();
    await compare(site, of, inForce, story.join(', '));
    const received = rounds.reduce((n, round) => n + round.length, 0);
    const account = {
      received,
      stored: inForce.length,
      duplicate: received - inForce.length - conflicts,
      quarantined: conflicts,
      pending: 0,
    };
    expect(site.journal.account(), story.join(', ')).toEqual(account);
    await site.restart();
    await compare(site, of, inForce, `${story.join(', ')}, restarted`);
  },
  1_800_000,
);
