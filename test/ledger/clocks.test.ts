import { describe, expect, test } from 'vitest';
import { ClockWatch } from '../../server/ledger/clocks.ts';
import { meter } from '../support/estate.ts';
import { QUARTER, start } from './rig.ts';

const MINUTE = 60_000;

/** Arrivals of quarter-hour readings, each with its delay. */
function watched(delays: readonly number[], of = meter()): ClockWatch {
  const watch = new ClockWatch();
  delays.forEach((delay, i) => {
    const time = start + i * QUARTER;
    watch.seen(of, time, time + delay);
  });
  return watch;
}

describe('what arrivals say about a clock', () => {
  test('one that is 12 minutes behind is found, by the least delay of the day', () => {
    const delays = Array.from({ length: 20 }, (_, i) => 12 * MINUTE + (i % 5) * MINUTE);
    expect(watched(delays).offsets()).toEqual([
      { meter: 1, offsetMs: -12 * MINUTE, arrivals: 20, at: start + 19 * QUARTER + 16 * MINUTE },
    ]);
  });

  test('one that is 3 minutes ahead is found', () => {
    expect(watched(Array(10).fill(-3 * MINUTE)).offsets()).toMatchObject([{ offsetMs: 3 * MINUTE }]);
  });

  test('a gateway that buffers for an hour is not behind: its newest reading is fresh', () => {
    const delays = Array.from({ length: 40 }, (_, i) => (i % 4 === 3 ? 2000 : (3 - (i % 4)) * QUARTER));
    expect(watched(delays).offsets()).toEqual([]);
  });

  test('a few arrivals say nothing', () => {
    expect(watched(Array(7).fill(30 * MINUTE)).offsets()).toEqual([]);
  });

  test('a clock that was set right is forgotten within a day', () => {
    const wrong = Array(20).fill(30 * MINUTE) as number[];
    const right = Array(100).fill(1000) as number[];
    expect(watched([...wrong, ...right]).offsets()).toEqual([]);
  });

  test('the reading of an interval that is named by its start comes when the interval is over', () => {
    const of = meter({ register: 'interval', intervalLabel: 'start' });
    expect(watched(Array(20).fill(QUARTER + 2000), of).offsets()).toEqual([]);
  });
});
