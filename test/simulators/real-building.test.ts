import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Consumption } from '../../server/http/schemas/consumption.ts';
import type { Health } from '../../server/http/schemas/health.ts';
import { parseColumn } from '../../simulators/columns.ts';
import { replay } from '../../simulators/replay.ts';
import { replayEstate } from '../../simulators/replay-estate.ts';
import { directory } from '../support/directory.ts';
import { startServer, until } from '../support/server.ts';

/** A wall clock of New York as energy archives have it: the spring hour empty, the autumn hour folded. */
function wallClockCsv(): { csv: string; sums: Map<string, number>; gaps: number } {
  const lines = ['timestamp,office,library'];
  const sums = new Map<string, number>();
  let gaps = 0;
  const add = (key: string, hundredths: number): void =>
    void sums.set(key, (sums.get(key) ?? 0) + hundredths);
  for (let at = Date.UTC(2016, 0, 1); at < Date.UTC(2017, 0, 1); at += 3_600_000) {
    const wall = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    const hour = at / 3_600_000;
    const office = 60_000 + ((hour * 37) % 5000);
    const library = (hour * 13) % 900;
    const skipped = wall.startsWith('2016-03-13 02');
    const missing = skipped || hour % 101 === 0;
    // The source of the second column writes 0 where it has nothing.
    const zero = library === 0;
    lines.push(`${wall},${missing ? '' : office / 100},${skipped ? '' : zero ? '0' : library / 100}`);
    if (missing) gaps++;
    else add(`office ${wall.slice(0, 7)}`, office);
    if (skipped || zero) gaps++;
    else add(`library ${wall.slice(0, 7)}`, library);
  }
  return { csv: `${lines.join('\n')}\n`, sums, gaps };
}

describe('a real building’s file, replayed over MQTT', () => {
  test('gives the sums of its months, its gaps as gaps, and days of 23 and 25 hours', async () => {
    const base = directory();
    const file = join(base, 'buildings.csv');
    const { csv, sums, gaps } = wallClockCsv();
    writeFileSync(file, csv);
    const columns = ['office=office', 'library=library'].map(parseColumn);
    const server = await startServer(join(base, 'data'));
    onTestFinished(async () => void (await server.stop()));
    const estate = await replayEstate({ file, columns, timezone: 'America/New_York' });
    const headers = { 'content-type': 'application/json' };
    const applied = await server.fetch('/api/v1/estate', {
      method: 'PUT',
      headers,
      body: JSON.stringify(estate),
    });
    expect(applied.status, await applied.text()).toBe(200);

    const url = `mqtt://127.0.0.1:${server.mqttPort}`;
    const sent = await replay({ url, file, columns, zeroIsGap: ['library'] });
    expect(sent.acked).toBe(sent.sent);
    expect(sent.gaps).toBe(gaps);
    const health = async (): Promise<Health> =>
      (await (await server.fetch('/api/v1/health')).json()) as Health;
    const { account } = await until(
      health,
      (h) => h.account.pending === 0 && h.account.received >= sent.sent,
    );
    expect(account).toEqual({
      received: sent.sent,
      stored: sent.sent,
      duplicate: 0,
      quarantined: 0,
      pending: 0,
    });

    const ask = async (by: string, from: string, to: string): Promise<Consumption['rows']> => {
      const path = `/api/v1/consumption?meter=office&meter=library&by=${by}&from=${from}&to=${to}`;
      return ((await (await server.fetch(path)).json()) as Consumption).rows;
    };
    const months = await ask('month', '2016-01-01', '2017-01-01');
    expect(months).toHaveLength(24);
    for (const m of months)
      expect(m.quantity, `${m.id} ${m.start}`).toBe(
        (sums.get(`${m.id} ${m.start.slice(0, 7)}`) as number) / 100,
      );
    const years = await ask('year', '2016-01-01', '2017-01-01');
    for (const y of years) {
      const total = [...sums]
        .filter(([key]) => key.startsWith(y.id))
        .reduce((n, [, hundredths]) => n + hundredths, 0);
      expect(y.quantity).toBe(total / 100);
      expect(y.completeness).toBeLessThan(1);
    }

    const spring = (await ask('hour', '2016-03-13', '2016-03-14')).filter((h) => h.id === 'library');
    expect(spring).toHaveLength(23);
    expect(spring.map((h) => h.start.slice(11, 16)).slice(0, 4)).toEqual([
      '00:00',
      '01:00',
      '03:00',
      '04:00',
    ]);
    const autumn = (await ask('hour', '2016-11-06', '2016-11-07')).filter((h) => h.id === 'library');
    expect(autumn).toHaveLength(25);
    // The folded hour is the first of the two; of the second nobody knows anything.
    expect(autumn.slice(1, 3).map((h) => [h.start, h.quantity === null])).toEqual([
      ['2016-11-06T01:00:00-04:00', false],
      ['2016-11-06T01:00:00-05:00', true],
    ]);
    const hours = (await ask('hour', '2016-01-01', '2017-01-01')).filter((h) => h.id === 'library');
    // 366 days; the zeros of the source are hours without quantity.
    expect(hours).toHaveLength(366 * 24);
    const known = hours.filter((h) => h.quantity !== null);
    expect(known.every((h) => h.completeness === 1)).toBe(true);
    expect(hours.filter((h) => h.quantity === null).every((h) => h.completeness === 0)).toBe(true);
    expect(known).toHaveLength(sent.sent - officeReadings(csv));
  });
});

function officeReadings(csv: string): number {
  return csv
    .split('\n')
    .slice(1)
    .filter((line) => (line.split(',')[1] ?? '') !== '').length;
}
