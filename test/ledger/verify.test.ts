import { expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import { type Verified, verifyRollups } from '../../server/ledger/verify.ts';
import { estate, meter } from '../support/estate.ts';
import { QUARTER, rig, start } from './rig.ts';

async function last(of: AsyncIterable<Verified>): Promise<Verified> {
  let found: Verified | null = null;
  for await (const state of of) found = state;
  if (!found) throw new Error('nothing was verified');
  return found;
}

test('stored consumption is compared with the raw readings, and each difference is named', async () => {
  const of = estate([meter(), meter({ no: 2 })]);
  const { feed, ledger, timeseries } = await rig(of);
  const readings = [1, 2].flatMap((no) =>
    Array.from({ length: 200 }, (_, i) => ({
      meter: no,
      time: start + i * QUARTER,
      value: i * 10,
      flags: 0,
    })),
  );
  await feed(readings);
  const verify = (): Promise<Verified> =>
    last(
      verifyRollups(
        timeseries,
        () => of,
        (work) => ledger.exclusive(work),
      ),
    );
  // January and February of two meters.
  expect(await verify()).toEqual({ compared: 4, total: 4, differing: 0, differences: [] });

  const month = of.zone.startOf('month', start);
  const end = of.zone.next('month', month);
  const hours = await timeseries.rollups('hour', [1], month, end);
  const days = await timeseries.rollups('day', [1], month, end);
  const [first, ...rest] = hours;
  if (!first) throw new Error('there is no hour');
  await timeseries.replace([1], month, end, {
    hours: [{ ...first, measured: first.measured + 1 }, ...rest],
    days,
    months: [],
  });
  const found = await verify();
  expect(found.differing).toBe(2);
  expect(
    found.differences.map((d) => [d.meter, d.level, d.start, d.stored?.measured, d.computed?.measured]),
  ).toEqual([
    ['m1', 'hour', start, 40 * MICRO + 1, 40 * MICRO],
    // 20:00 to midnight × 40 kW
    ['m1', 'month', month, undefined, 160 * MICRO],
  ]);
});
