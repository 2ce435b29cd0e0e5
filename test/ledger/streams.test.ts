import { expect, test } from 'vitest';
import { hoursOf, intervalStart } from '../../server/domain/consumption.ts';
import type { Estate } from '../../server/domain/estate.ts';
import type { Meter } from '../../server/domain/meter.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { hourAmount, rollUp } from '../../server/domain/rollup.ts';
import { DAY_MS } from '../../server/domain/time.ts';
import { type Given, history } from '../domain/history.ts';
import { type Random, random } from '../domain/load.ts';
import { estate } from '../support/estate.ts';
import { rig } from './rig.ts';

/** How many streams of each kind; a night has time for more: STREAMS=1000. */
const STREAMS = Number(process.env.STREAMS ?? 12);
const SEED = Number(process.env.SEED ?? 1);

const KINDS: [name: string, given: Given][] = [
  ['hourly for five weeks, with what is typical of them', { intervalS: 3600, count: 850 }],
  ['every quarter of an hour', { intervalS: 900, count: 320 }],
  [
    'every day or every six hours, though every quarter of an hour was expected',
    { intervalS: 86_400, count: 90 },
  ],
];

/** What all of it amounts to, reckoned in one go. */
function inOneGo(of: Estate, meter: Meter, readings: readonly Reading[]): unknown {
  const { zone } = of;
  const points = readings.toSorted((a, b) => a.time - b.time);
  const times = [
    ...points.map((p) => intervalStart(meter, p)),
    ...meter.manual.map((m) => m.time),
    ...meter.estimates.flatMap((e) => [e.from, e.to]),
    ...meter.epochs.flatMap((e) => (e.from !== null && e.initial !== null ? [e.from] : [])),
  ];
  const low = times.reduce((a, b) => Math.min(a, b));
  const high = times.reduce((a, b) => Math.max(a, b));
  const hours = hoursOf(meter, points, zone, zone.startOf('hour', low), zone.next('hour', high)).map(
    hourAmount,
  );
  hours.sort((a, b) => a.start - b.start);
  const days = rollUp(hours, 'day', zone);
  const named = <T>(rows: readonly T[]): unknown => rows.map((r) => ({ meter: meter.no, ...r }));
  return { hours: named(hours), days: named(days), months: named(rollUp(days, 'month', zone)) };
}

/** Statements of people, some of them wrong. */
function stated(meter: Meter, readings: readonly Reading[], rnd: Random): Meter {
  const first = (readings[0] as Reading).time;
  const last = (readings.at(-1) as Reading).time;
  const by = { reason: 'read by eye', recordedBy: 'Wang', recordedAt: last };
  const at = (): number => Math.floor(first - 2 * DAY_MS + rnd() * (last - first + 4 * DAY_MS));
  const manual = Array.from({ length: Math.floor(rnd() * 4) }, (_, i) => {
    const time = at();
    const near = readings.findLast((r) => r.time <= time) ?? (readings[0] as Reading);
    return { ...by, no: i + 1, time, value: rnd() < 0.8 ? near.value : near.value * 10 };
  });
  const estimates = rnd() < 0.5 ? [] : [{ ...by, no: 9, from: at(), to: 0, quantity: 1000 * rnd() }];
  for (const e of estimates) e.to = e.from + Math.floor(rnd() * 5 * DAY_MS) + 1;
  return { ...meter, manual: manual.sort((a, b) => a.time - b.time), estimates };
}

/** In order, but for some that come later, in pieces of which some come twice. */
function arrival(readings: readonly Reading[], rnd: Random): Reading[][] {
  const late = rnd() < 0.3 ? 0 : rnd() * 0.2;
  const far = rnd() < 0.5;
  const placed = readings.map((r, i) => {
    const delay = rnd() < late ? rnd() * (far ? readings.length : 40) : 0;
    return { r, place: i + delay };
  });
  placed.sort((a, b) => a.place - b.place);
  const pieces: Reading[][] = [];
  for (let i = 0; i < placed.length; ) {
    const size = 1 + Math.floor(rnd() ** 3 * 120);
    const piece = placed.slice(i, i + size).map((p) => p.r);
    if (rnd() < 0.1) piece.push(...piece.slice(0, 5));
    pieces.push(piece);
    i += size;
  }
  return pieces;
}

test.each(KINDS)(
  '%s: in pieces, late and over restarts as in one go',
  async (_, given) => {
    for (let seed = SEED; seed < SEED + STREAMS; seed++) {
      const rnd = random(seed * 7 + 3);
      const one = history(seed, given);
      const readings = one.points.map((p): Reading => ({ meter: 1, ...p, flags: 0 }));
      let meter = rnd() < 0.5 ? stated(one.meter, readings, rnd) : one.meter;
      if (given.intervalS === 86_400) meter = { ...meter, intervalS: 900 };
      const of = estate([meter]);
      const { feed, restart, state, journal, ledger } = await rig(of);
      if (meter.manual.length + meter.estimates.length > 0) {
        await ledger.recompute([{ id: meter.id, cause: 'statement', version: 1 }], 1);
      }
      for (const piece of arrival(readings, rnd)) {
        if (rnd() < 0.1) await restart();
        await journal.append(piece, []);
        if (rnd() < 0.6) await feed([]);
      }
      await feed([]);
      const { readings: stored, ...rollups } = (await state()) as { readings: Reading[] };
      const story = `seed ${seed}: ${one.story.join(', ')}`;
      expect(stored, story).toEqual(readings);
      expect(rollups, story).toEqual(inOneGo(of, meter, readings));
    }
  },
  // For what hangs: on a busy machine one takes seconds.
  STREAMS * 30_000,
);
