import { expect, onTestFinished, test, vi } from 'vitest';
import { directory } from '../support/directory.ts';
import { composedWith } from './composed.ts';
import { accountFor, Fleet, gateway, healthUntil, stored } from './support.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('the clock is stepped back and forth by an hour and a day: nothing is lost, what is ahead waits', async () => {
  const data = directory();
  const fleet = new Fleet(2);
  const server = await composedWith(data, fleet);
  const client = await gateway(server);
  const began = Date.now();
  // Only what the system's clock says is stepped; timers go by one that is not.
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const started = performance.now();
  const clock = (step: number): void => {
    vi.setSystemTime(began + (performance.now() - started) + step);
  };
  let value = 0;
  /** A reading of this second by a right clock; the fleet's own come with times of their own. */
  const send = async (meter: number): Promise<number> => {
    const time = began + value * 1000;
    const body = JSON.stringify({ time, value: value++ });
    await client.publishAsync(`meters/${fleet.ids[meter]}/readings`, body, { qos: 1 });
    return time;
  };
  const sent = async (meter: number): Promise<void> => {
    const at = value;
    fleet.acknowledged[meter]?.set(await send(meter), at);
  };

  await sent(0);
  const steps = [-HOUR_MS, HOUR_MS, -DAY_MS, DAY_MS];
  let waiting = 0;
  for (const step of steps) {
    clock(step);
    // Behind the sender's clock by more than ten minutes, the server takes what comes for ahead of time.
    if (step < 0) {
      await sent(1);
      waiting++;
    } else await sent(0);
    const page = await healthUntil(
      server,
      (h) => h.account.pending === 0 && h.account.quarantined === waiting,
    );
    expect(page.account.received).toBe(value);
    expect(page.status, page.problems.join()).toBe('degraded');
    expect(page.problems.join()).toMatch(
      new RegExp(
        `clock was stepped by [${step < 0 ? '−' : '+'}](${Math.abs(step) / 1000}|${Math.abs(step) / 1000 - 1}) s`,
      ),
    );
    expect(Math.abs(Date.parse(page.now) - began - step)).toBeLessThan(600_000);
    // A wait is never negative, nor as long as the step.
    expect(page.journal.oldest_pending_s ?? 0).toBeGreaterThanOrEqual(0);
    expect(page.journal.oldest_pending_s ?? 0).toBeLessThan(600);
    clock(0);
    await sent(0);
  }
  // The clock is right again: what had to wait is taken in, under its own time.
  const tried = await server.fetch('/api/v1/quarantine/retry', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'time_ahead' }),
  });
  expect(await tried.json()).toMatchObject({ tried: 2, stored: 2, quarantined: 0 });
  await accountFor(server, data, fleet);
  expect((await stored(server, 'm1')).size).toBe(2);
}, 60_000);
