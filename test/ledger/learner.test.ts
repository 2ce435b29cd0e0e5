import { describe, expect, test } from 'vitest';
import { MICRO } from '../../server/domain/advance.ts';
import type { LearnedCeiling, Meter } from '../../server/domain/meter.ts';
import type { Reading } from '../../server/domain/reading.ts';
import { CeilingLearner } from '../../server/ledger/learner.ts';
import { estate, meter } from '../support/estate.ts';
import { QUARTER, quiet, type Rig, rig, start } from './rig.ts';

const NOW = start + 40 * 86_400_000;
const DAY = 96;

/** 15-minute registers of a steady 40 kW; from `at` on higher by `by`. */
function stepped(days: number, at = Number.POSITIVE_INFINITY, by = 0): Reading[] {
  return Array.from({ length: days * DAY + 1 }, (_, i) => ({
    meter: 1,
    time: start + i * QUARTER,
    value: 812_960 + i * 10 + (i >= at ? by : 0),
    flags: 0,
  }));
}

/** Learns as the program does: what is learned becomes part of the meter, and the past is computed again. */
function learner(of: Rig, meters: Meter[], clock = { now: NOW }): CeilingLearner {
  return new CeilingLearner({
    timeseries: of.timeseries,
    estate: () => estate(meters),
    log: quiet,
    now: () => clock.now,
    record: (learned: readonly { meter: string; ceiling: LearnedCeiling }[]) => {
      for (const l of learned) for (const m of meters) if (m.id === l.meter) m.learned = l.ceiling;
    },
  });
}

const total = async ({ timeseries }: Rig): Promise<number> =>
  (await timeseries.rollups('month', [1], 0, Number.POSITIVE_INFINITY)).reduce(
    (n, m) => n + (m.measured + m.recovered) / MICRO,
    0,
  );

describe('a ceiling that nobody wrote down', () => {
  test('is learned from the readings and then finds an exchange for a higher register', async () => {
    const meters = [meter()];
    const of = await rig(estate(meters));
    await of.feed(stepped(30, 20 * DAY, 5000));
    // Without any ceiling the jump of 5,000 is believed.
    expect(await total(of)).toBe(30 * 24 * 40 + 5000);
    expect(await learner(of, meters).look()).toBe(1);
    // Ten times the usual 40 kWh per hour.
    expect(meters[0]?.learned).toMatchObject({ rate: 400, learnedAt: NOW, steps: 30 * DAY });
    await of.ledger.recompute([{ id: 'm1', cause: 'ceiling', version: 1 }], 1);
    await of.ledger.drained();
    // All but the quarter of an hour of the step.
    expect(await total(of)).toBe(30 * 24 * 40 - 10);
    expect(of.journal.suspects()).toMatchObject([
      {
        meter: 1,
        verdict: 'beyond_ceiling',
        time: start + 20 * DAY * QUARTER,
        previousValue: 812_960 + (20 * DAY - 1) * 10,
      },
    ]);
    const [revision] = of.journal.revisions({ limit: 10 });
    expect(revision).toMatchObject({ causes: ['ceiling'], hours: 1 });
    expect(((revision?.before?.measured ?? 0) - (revision?.after?.measured ?? 0)) / MICRO).toBe(5010);
  });

  test('too little history teaches nothing, and the meter is asked again later', async () => {
    const meters = [meter()];
    const of = await rig(estate(meters));
    await of.feed(stepped(13));
    const clock = { now: NOW };
    const watch = learner(of, meters, clock);
    expect(await watch.look()).toBe(0);
    await of.feed(stepped(20).slice(13 * DAY + 1));
    expect(await watch.look()).toBe(0);
    clock.now += 7 * 3_600_000;
    expect(await watch.look()).toBe(1);
  });

  test('what a person wrote down is not overruled, and gauges learn nothing', async () => {
    const meters = [meter({ epoch: { maxRate: 2000 } }), meter({ no: 2, register: 'gauge' })];
    const of = await rig(estate(meters));
    await of.feed([...stepped(20), ...stepped(20).map((r) => ({ ...r, meter: 2 }))]);
    expect(await learner(of, meters).look()).toBe(0);
  });
});
