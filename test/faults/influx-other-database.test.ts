import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { startServer } from '../support/server.ts';
import { accountFor, Fleet, gateway, health, healthUntil, serverWith } from './support.ts';

describe.skipIf(!hasInflux())('InfluxDB', () => {
  const influx = new InfluxServer();
  beforeAll(() => influx.start());
  afterAll(() => influx.remove());

  test('another database than before, found after the start: it is told, and the right one is taken again', async () => {
    const [data, fleet] = [directory(), new Fleet(2)];
    const [right, wrong] = [influx.database(), influx.database()];
    const where = (INFLUX_DATABASE: string) => ({ INFLUX_URL: influx.url, INFLUX_DATABASE });
    const first = await serverWith(data, fleet, where(right));
    const client = await gateway(first);
    for (let i = 0; i < 20; i++) expect(await fleet.send(client)).toBe(true);
    // A database that is new when nothing was handed on before is none that lacks anything.
    await accountFor(first, data, fleet);
    await first.stop();

    await influx.stop();
    const other = await startServer(data, where(wrong));
    const away = await health(other);
    expect(away.problems.join()).not.toMatch(/was empty/);
    await influx.start();
    const told = await healthUntil(other, (h) => h.timeseries.error === null);
    expect(told.status).toBe('degraded');
    expect(told.problems).toEqual([
      `database ${wrong} of the InfluxDB at ${influx.url} was empty, and readings were handed on before: where it is the wrong one, mend INFLUX_DATABASE or INFLUX_URL; where it is new, restore the time series from its own backup`,
    ]);
    expect(other.log()).toMatch(/"level":50.*timeseries: lacks what was handed on to it/);
    await other.stop();

    const again = await startServer(data, where(right));
    await accountFor(again, data, fleet);
    // Dropped under way: what comes waits.
    const next = await gateway(again);
    await influx.query(`DROP DATABASE ${right}`);
    expect(await fleet.send(next)).toBe(true);
    const dropped = await healthUntil(again, (h) => h.status === 'failing');
    expect(dropped.timeseries.error).toContain(`database not found: ${right}`);
    expect(dropped.account.pending).toBe(1);
    await again.stop();
  }, 120_000);
});
