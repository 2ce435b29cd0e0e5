import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { decodeBatch, encodeBatch } from '../../server/journal/batch.ts';
import { Journal, type JournalEntry, type JournalSettings } from '../../server/journal/journal.ts';
import { Dice, random } from '../domain/load.ts';

/** How many stories are told; a night has time for more: MODEL_RUNS=2000. */
const RUNS = Number(process.env.MODEL_RUNS ?? 8);
const SEED = Number(process.env.SEED ?? 1);
const START = Date.parse('2026-12-31T23:59:00+08:00');

type Waiting = Pick<JournalEntry, 'seq' | 'source' | 'readings'>;

interface Item {
  id: number;
  reject: Reject;
}

/** What a journal should hold, as lists. */
class Model {
  waiting: Waiting[] = [];
  newest = 0;
  cursor = 0;
  decided: { to: number; decision: string } | null = null;
  received = 0;
  stored = 0;
  duplicate = 0;
  items: Item[] = [];
  nextItem = 1;
  readonly counts = new Map<string, number>();
  dirty = new Map<string, { meter: number; month: number; open: number }>();
  readonly maxItems: number;

  constructor(maxItems: number) {
    this.maxItems = maxItems;
  }

  append(seq: number, source: number, readings: readonly Reading[]): void {
    const row = this.waiting.find((w) => w.seq === seq);
    if (row) row.readings.push(...readings);
    else this.waiting.push({ seq, source, readings: [...readings] });
    this.newest = Math.max(this.newest, seq);
  }

  putAway(rejects: readonly Reject[]): void {
    for (const reject of rejects) {
      this.items.push({ id: this.nextItem++, reject });
      this.counts.set(reject.reason, (this.counts.get(reject.reason) ?? 0) + 1);
    }
    this.items.splice(0, Math.max(0, this.items.length - this.maxItems));
  }

  settle(to: number, duplicates: number, conflicts: readonly Reject[]): void {
    const gone = this.waiting.filter((w) => w.seq <= to).reduce((n, w) => n + w.readings.length, 0);
    this.waiting = this.waiting.filter((w) => w.seq > to);
    this.received += gone;
    this.stored += gone - duplicates - conflicts.length;
    this.duplicate += duplicates;
    this.putAway(conflicts);
    this.cursor = to;
    this.decided = null;
  }

  get pending(): number {
    return this.waiting.reduce((n, w) => n + w.readings.length, 0);
  }

  get quarantined(): number {
    return [...this.counts.values()].reduce((a, b) => a + b, 0);
  }
}

interface Real {
  journal: Journal;
  readonly settings: Omit<JournalSettings, 'file'>;
  reopen(how: Reopening, model: Model): Promise<void>;
}

const WAYS = ['stopped', 'killed', 'backup', 'layout 1', 'layout 2', 'layout 3'] as const;
type Reopening = (typeof WAYS)[number];

class JournalUnderTest implements Real {
  readonly #root = mkdtempSync(join(tmpdir(), 'jieneng-model-'));
  readonly settings: Omit<JournalSettings, 'file'>;
  #number = 0;
  journal: Journal;

  constructor(settings: Omit<JournalSettings, 'file'>) {
    this.settings = settings;
    this.journal = new Journal({ ...settings, file: this.#next() });
  }

  get #file(): string {
    return join(this.#root, String(this.#number), 'journal.sqlite');
  }

  #next(): string {
    this.#number++;
    mkdirSync(join(this.#root, String(this.#number)));
    return this.#file;
  }

  async reopen(how: Reopening, model: Model): Promise<void> {
    const left = this.#file;
    if (how === 'killed') {
      // What is in its files at this moment is what a process that dies leaves behind.
      const copy = this.#next();
      for (const end of ['', '-wal']) if (existsSync(left + end)) copyFileSync(left + end, copy + end);
    } else if (how === 'backup') await this.journal.backup(this.#next());
    await this.journal.stop();
    if (how.startsWith('layout')) asLayout(Number(how.slice(-1)), left, model);
    this.journal = new Journal({ ...this.settings, file: this.#file });
    await this.journal.start();
  }

  async remove(): Promise<void> {
    await this.journal.stop();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Makes the closed file one of an earlier layout, with all that it holds. */
function asLayout(layout: number, file: string, model: Model): void {
  const db = new DatabaseSync(file);
  const unpacked = db.prepare('UPDATE journal SET batch = ? WHERE seq = ?');
  for (const { seq, n, batch, form } of db.prepare('SELECT seq, n, batch, form FROM journal').all()) {
    const readings = decodeBatch(batch as Uint8Array, n as number, form as number);
    unpacked.run(encodeBatch(readings), seq as number);
  }
  db.exec('ALTER TABLE journal DROP COLUMN form');
  if (layout < 3) {
    // Rows numbered themselves, and the account counted readings when they came.
    db.exec(`
      ALTER TABLE journal RENAME TO numbered;
      CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, received_at INTEGER NOT NULL,
        source INTEGER NOT NULL, n INTEGER NOT NULL, batch BLOB NOT NULL) STRICT;
      INSERT INTO journal SELECT * FROM numbered;
      DROP TABLE numbered;`);
    const count = db.prepare(
      'INSERT INTO account VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n',
    );
    for (const name of ['received', 'stored']) if (model.pending > 0) count.run(name, model.pending);
  }
  if (layout < 2) {
    db.exec('DROP TABLE suspect; DROP TABLE revision;');
    for (const column of ['causes', 'open', 'catalogue']) db.exec(`ALTER TABLE dirty DROP COLUMN ${column}`);
    // Since when something had been shown was not known, so it may have been all along.
    for (const month of model.dirty.values()) month.open = 0;
  }
  db.exec(`PRAGMA user_version = ${layout}`);
  db.close();
}

/** Readings as gateways send them, and a few as nobody should. */
function readings(count: number, dice: Dice): Reading[] {
  const isOdd = dice.chance(0.3);
  let time = START + dice.whole(-1e7, 1e7);
  return Array.from({ length: count }, (_, i) => {
    time += dice.pick([0, 0, 1000, 900_000, -900_000]);
    const odd = dice.pick([Number.NaN, Number.POSITIVE_INFINITY, -0, 5e-324, 2 ** 53, -1e-7, 1 / 3]);
    return {
      meter: dice.chance(0.01) ? 4_294_967_295 - i : 1 + (i % 300),
      time: isOdd && dice.chance(0.01) ? -(2 ** 51) + i : time,
      value: isOdd && dice.chance(0.2) ? odd : dice.whole(-1e3, 1e8) / 100,
      flags: dice.chance(0.05) ? dice.whole(0, 255) : 0,
    };
  });
}

function rejects(count: number, dice: Dice): Reject[] {
  return Array.from({ length: count }, () => {
    const payload = dice.pick([
      Buffer.alloc(0),
      Buffer.from('{"电表":"一号楼 ⚡"}'),
      Buffer.from([0, 255, 254, 0, 1]),
      Buffer.alloc(dice.whole(0, 70_000), dice.whole(0, 255)),
    ]);
    return {
      reason: dice.pick(['broken_payload', 'time_ahead', 'conflict'] as const),
      detail: dice.pick(['', '第 3 行：没有时间', 'x'.repeat(400)]),
      source: 'meters/电表/readings',
      kind: dice.pick(['packet', 'reading'] as const),
      payload,
      meter: dice.pick([null, '电表-1', '']),
      time: dice.pick([null, START, -1]),
      value: dice.pick([null, 0.1, -5]),
      receivedAt: START,
    };
  });
}

const SIZES = [0, 1, 1, 2, 9, 10, 11, 99, 100, 101, 700];

interface Packet {
  source: number;
  readings: Reading[];
  rejects: Reject[];
}

/** Appends side by side; those of one group are all there or none of them. */
async function append(packets: readonly Packet[], model: Model, real: Real): Promise<void> {
  const settled = await Promise.allSettled(
    packets.map((p) => real.journal.appendFrom(p.source, p.readings, p.rejects)),
  );
  for (const [i, { source, readings: own, rejects: away }] of packets.entries()) {
    const one = settled[i] as PromiseSettledResult<number>;
    if (one.status === 'rejected') {
      expect(String(one.reason)).toContain('the journal is full');
      continue;
    }
    if (own.length > 0) model.append(one.value, source, own);
    model.received += away.length;
    model.putAway(away);
  }
}

/** Compared without printing thousands of rows. */
function same(what: string, is: readonly unknown[], should: readonly unknown[]): void {
  if (isDeepStrictEqual(is, should)) return;
  const at = should.findIndex((row, i) => !isDeepStrictEqual(is[i], row));
  expect({ what, rows: is.length, at, row: is[at] }).toEqual({
    what,
    rows: should.length,
    at,
    row: should[at],
  });
  expect(`${what}, row ${at}`).toBe('the same');
}

const asWaiting = ({ seq, source, readings: rows }: JournalEntry): Waiting => ({
  seq,
  source,
  readings: rows,
});

function compare(model: Model, { journal }: Real, dice: Dice): void {
  const { waiting, pending, quarantined } = model;
  expect(journal.account()).toEqual({
    received: model.received + pending,
    stored: model.stored + pending,
    duplicate: model.duplicate,
    quarantined,
    pending,
  });
  expect(journal.lastSeq()).toBe(Math.max(model.newest, model.cursor));
  const cursor = journal.cursor();
  const decided = cursor.decided && {
    to: cursor.decided.to,
    decision: Buffer.from(cursor.decided.decision).toString(),
  };
  expect({ seq: cursor.seq, decided }).toEqual({ seq: model.cursor, decided: model.decided });
  same('all entries', journal.entries(0, Number.MAX_SAFE_INTEGER).map(asWaiting), waiting);
  expect(journal.oldestPending() === null).toBe(waiting.length === 0);

  const after = dice.chance(0.5) ? model.cursor : dice.whole(0, model.newest + 1);
  const most = dice.pick([0, 1, 100, 1000]);
  const upTo = dice.chance(0.5) ? Number.MAX_SAFE_INTEGER : dice.whole(0, model.newest + 1);
  let n = 0;
  const should: Waiting[] = [];
  for (const row of waiting) {
    if (row.seq <= after || row.seq > upTo) continue;
    should.push(row);
    n += row.readings.length;
    if (n >= most) break;
  }
  same(
    `entries after ${after} up to ${upTo}, ${most}`,
    journal.entries(after, most, upTo).map(asWaiting),
    should,
  );

  const items = journal.quarantine({ limit: 1_000_000 });
  same(
    'quarantine',
    items.map(({ id, payload, ...rest }) => ({ id, payload: Buffer.from(payload).toString('hex'), ...rest })),
    model.items.toReversed().map(({ id, reject }) => ({
      id,
      payload: Buffer.from(reject.payload).toString('hex'),
      receivedAt: reject.receivedAt,
      reason: reject.reason,
      detail: reject.detail,
      source: reject.source,
      kind: reject.kind,
      meter: reject.meter,
      time: reject.time,
      value: reject.value,
    })),
  );
  const counts = Object.fromEntries(journal.quarantineCounts().map((c) => [c.reason, c.count]));
  expect(counts).toEqual(Object.fromEntries([...model.counts].filter(([, c]) => c > 0)));
  const dirty = journal.dirty(-1).map(({ meter, month, open }) => ({ meter, month, open }));
  same(
    'dirty',
    dirty,
    [...model.dirty.values()].sort((a, b) => a.month - b.month || a.meter - b.meter),
  );
}

type Command = fc.AsyncCommand<Model, Real>;

function command(
  name: string,
  params: object,
  seed: number,
  run: (model: Model, real: Real, dice: Dice) => Promise<void>,
): Command {
  return {
    check: () => true,
    toString: () => `${name}(${JSON.stringify({ ...params, seed })})`,
    async run(model, real) {
      const dice = new Dice(random(seed));
      await run(model, real, dice);
      compare(model, real, dice);
    },
  };
}

const seed = fc.nat(1_000_000);

const appends = fc.record({ packets: fc.integer({ min: 1, max: 12 }), seed }).map(({ packets, seed: s }) =>
  command('append', { packets }, s, async (model, real, dice) => {
    const sources = dice.chance(0.7) ? [0] : [0, 7, START];
    const made = Array.from({ length: packets }, () => ({
      source: dice.pick(sources),
      readings: readings(dice.pick(SIZES), dice),
      rejects: dice.chance(0.3) ? rejects(dice.whole(1, 3), dice) : [],
    }));
    await append(made, model, real);
  }),
);

/** One packet of more readings than any gateway sends. */
const huge = fc.record({ seed }).map(({ seed: s }) =>
  command('huge', {}, s, async (model, real, dice) => {
    await append([{ source: 0, readings: readings(30_000, dice), rejects: [] }], model, real);
  }),
);

const MONTHS = [-1, 0, 1].map((i) => START + i * 2_678_400_000);

const decisions = fc.record({ seed }).map(({ seed: s }) =>
  command('decide', {}, s, async (model, real, dice) => {
    if (model.waiting.length === 0) return;
    const { seq: to } = dice.pick(model.waiting);
    const decision = dice.pick(['', '{}', 'Ω'.repeat(dice.whole(0, 5000))]);
    const dirty = Array.from({ length: dice.whole(0, 3) }, () => ({
      meter: dice.whole(1, 3),
      month: dice.pick(MONTHS),
      open: dice.pick([Number.NEGATIVE_INFINITY, -5, START, Number.POSITIVE_INFINITY]),
    }));
    await real.journal.decide(
      to,
      Buffer.from(decision),
      dirty.map((d) => ({ ...d, causes: ['late'] as const, catalogue: null })),
    );
    model.decided = { to, decision };
    for (const { meter, month, open } of dirty) {
      const key = `${meter} ${month}`;
      const held = Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, open));
      const known = model.dirty.get(key)?.open ?? Number.POSITIVE_INFINITY;
      model.dirty.set(key, { meter, month, open: Math.min(known, held) });
    }
  }),
);

const settlements = fc.record({ seed }).map(({ seed: s }) =>
  command('settle', {}, s, async (model, real, dice) => {
    if (model.waiting.length === 0) return;
    const to = model.decided?.to ?? dice.pick(model.waiting).seq;
    const conflicts = rejects(dice.pick([0, 0, 1, 2]), dice);
    const duplicates = dice.whole(0, 3);
    await real.journal.settle(to, duplicates, conflicts);
    model.settle(to, duplicates, conflicts);
  }),
);

const cleanings = fc.record({ seed }).map(({ seed: s }) =>
  command('clean', {}, s, async (model, real, dice) => {
    const months = [...model.dirty.values()].filter(() => dice.chance(0.5));
    await real.journal.markClean(
      months.map((d) => [d.meter, d.month]),
      { suspects: [], revisions: [] },
    );
    for (const { meter, month } of months) model.dirty.delete(`${meter} ${month}`);
  }),
);

const releases = fc.record({ seed }).map(({ seed: s }) =>
  command('release', {}, s, async (model, real, dice) => {
    const ids = [...model.items.map((i) => i.id), 0, model.nextItem + 5];
    const id = dice.pick(ids);
    const item = model.items.find((i) => i.id === id);
    const own = readings(dice.pick([0, 1, 20]), dice);
    const away = rejects(dice.pick([0, 0, 1]), dice);
    const seq = await real.journal.release(3, id, own, away);
    if (!item) {
      expect(seq).toBe(0);
      return;
    }
    model.items = model.items.filter((i) => i !== item);
    const { reason } = item.reject;
    model.counts.set(reason, (model.counts.get(reason) ?? 0) - 1);
    model.received += away.length - 1;
    if (own.length > 0) model.append(seq, 3, own);
    model.putAway(away);
  }),
);

const reopenings = fc
  .record({ how: fc.constantFrom(...WAYS), seed })
  .map(({ how, seed: s }) => command('reopen', { how }, s, (model, real) => real.reopen(how, model)));

test('property: whatever was appended, handed on and left, a journal holds what a list would', async () => {
  const commands = [
    appends,
    appends,
    appends,
    huge,
    decisions,
    settlements,
    settlements,
    cleanings,
    releases,
    reopenings,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(2 ** 33, 400_000),
      fc.constantFrom(4, 100_000),
      fc.constantFrom(0, 10),
      fc.commands(commands, { maxCommands: 30, size: 'max' }),
      async (maxBytes, maxQuarantine, groupMs, all) => {
        const real = new JournalUnderTest({ maxBytes, maxQuarantine, groupMs });
        const model = new Model(maxQuarantine);
        try {
          await real.journal.start();
          await fc.asyncModelRun(() => ({ model, real }), all);
          await real.reopen('killed', model);
          compare(model, real, new Dice(random(1)));
        } finally {
          await real.remove();
        }
      },
    ),
    { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: RUNS > 50 ? 3_000_000 : 200_000 },
  );
}, 3_600_000);
