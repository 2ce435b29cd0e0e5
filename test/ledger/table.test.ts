import { expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { DAY_MS } from '../../server/domain/time.ts';
import { random } from '../domain/load.ts';
import { CEILINGS, QUARTER, ROWS, SCALES, type Scale, START, stream, told } from '../domain/table.ts';
import { estate } from '../support/estate.ts';
import { rig } from './rig.ts';

const HOW = ['in order', 'in one piece', 'shuffled', 'days late', 'twice'] as const;
const PLACES = [12, 52, 92, 132];

/** Six days more at the same load, so that what is late is late by days. */
function after(s: ReturnType<typeof stream>): Reading[] {
  const { meter, points } = told(s);
  const last = points.at(-1);
  if (!last) throw new Error('the stream is empty');
  const quarter = s.scale.quarter / s.scale.multiplier;
  const end = meter.epochs.at(-1)?.rolloverAt ?? Number.POSITIVE_INFINITY;
  return Array.from({ length: 6 * 96 }, (_, i) => ({
    meter: 1,
    time: last.time + (i + 1) * QUARTER,
    value: Math.round(((last.value + (i + 1) * quarter) % end) * 100) / 100,
    flags: 0,
  }));
}

const CASES = CEILINGS.flatMap((ceiling) =>
  [SCALES[0], SCALES[3]].flatMap((scale) => HOW.map((how) => [ceiling, scale as Scale, how] as const)),
);

test.each(CASES)(
  'ceiling %s, $1.name: four rows of the table at a time, %3$s',
  async (ceiling, scale, how) => {
    const rnd = random(CASES.findIndex(([c, s, h]) => c === ceiling && s === scale && h === how) + 1);
    const s = stream(scale, ceiling);
    const names: string[] = [];
    for (const at of PLACES) {
      const row = ROWS[Math.floor(rnd() * ROWS.length)];
      if (row?.apply(s, at)) names.push(row.name);
    }
    const { meter, points, truth } = told(s);
    const first = points.map((p): Reading => ({ meter: 1, ...p, flags: 0 }));
    const rest = after(s);
    const { feed, timeseries, ledger } = await rig(estate([meter]));
    if (how === 'in order') for (let i = 0; i < first.length; i += 6) await feed(first.slice(i, i + 6));
    if (how === 'in one piece') await feed([...first, ...rest]);
    if (how === 'twice') await feed([...first, ...first, ...rest], 7);
    if (how === 'shuffled') {
      const order = first.map((r) => ({ r, place: rnd() })).sort((a, b) => a.place - b.place);
      await feed(
        order.map((o) => o.r),
        9,
      );
    }
    if (how === 'days late') {
      const late = first.filter(() => rnd() < 0.5);
      await feed(first.filter((r) => !late.includes(r)));
      await feed(rest, 3);
      for (let i = 0; i < late.length; i += 25) await feed(late.slice(i, i + 25));
    } else await feed(rest);

    const kwh = async (from: number, to: number): Promise<number> =>
      (await timeseries.rollups('day', [1], from, to)).reduce((n, d) => n + d.measured + d.recovered, 0) /
      MICRO;
    // 96 quarters a day.
    expect(await kwh(START, START + 2 * DAY_MS), names.join('; ')).toBe(truth);
    expect(await kwh(START + 2 * DAY_MS, START + 9 * DAY_MS), names.join('; ')).toBe(6 * 96 * scale.quarter);
    await ledger.stop();
  },
);
