import { expect, test } from 'vitest';
import { readSettings } from '../../server/config.ts';
import { directory } from '../support/directory.ts';
import { until } from '../support/server.ts';
import { composedWith } from './composed.ts';
import { accountFor, Fleet, gateway, healthUntil } from './support.ts';

/** Readings in one packet of a gateway. */
const PACKET = 1000;

test('a ledger that cannot follow fills the journal to its limit; then senders keep what they have', async () => {
  const data = directory();
  const fleet = new Fleet(1);
  const server = await composedWith(data, fleet, { JOURNAL_MB: '4' });
  const { write } = server.timeseries;
  server.timeseries.write = () => Promise.reject(new Error('away'));

  const before = process.memoryUsage().rss;
  let alarmed = false;
  let next = 0;
  const send = async (client: Awaited<ReturnType<typeof gateway>>): Promise<boolean> => {
    const first = next;
    next += PACKET;
    const readings = Array.from({ length: PACKET }, (_, i) => ({
      meter: 'm0',
      time: Date.parse('2026-01-01T00:00:00+08:00') + (first + i) * 1000,
      // A third has no end of decimal places, so each takes the eight bytes that any value may.
      value: (first + i) / 3,
    }));
    const answered = client.publishAsync('gateways/g/readings', JSON.stringify({ readings }), { qos: 1 });
    const gone = Promise.withResolvers<boolean>();
    const lost = (): void => gone.resolve(false);
    client.once('close', lost);
    const acknowledged = await Promise.race([answered.then(() => true), gone.promise]).catch(() => false);
    client.off('close', lost);
    if (!acknowledged) return false;
    for (const r of readings) fleet.acknowledged[0]?.set(r.time, r.value);
    return true;
  };
  let client = await gateway(server);
  // Two thirds of it are what nobody could read.
  const unreadable = 14;
  for (let i = 0; i < unreadable; i++) {
    await client.publishAsync('gateways/g/readings', Buffer.alloc(200_000, '?'), { qos: 1 });
  }
  while (await send(client)) {
    const { bytes, limitBytes } = server.journal;
    if (bytes < 0.9 * limitBytes || alarmed) continue;
    const { status, problems } = await healthUntil(server, (h) => h.problems.length > 1);
    expect(status).toBe('failing');
    expect(problems.join('; ')).toMatch(/the journal has used 9\d % of its 4 MB; when it is full/);
    alarmed = true;
  }
  expect(alarmed).toBe(true);
  // The other 1.4 MB hold 1 + 1 + 2 + 8 bytes for each of 116,000 readings, and what else is in the file.
  expect(fleet.count).toBeGreaterThan(80_000);
  for (let again = 0; again < 3; again++) expect(await send(await gateway(server))).toBe(false);
  const full = await healthUntil(server, (h) => /the journal is full/.test(h.problems.join('; ')));
  expect(full.status).toBe('failing');
  expect(full.account.pending).toBe(fleet.count);
  // What waits lies on the disk.
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(400);
  await until(
    async () => server.said.filter((line) => line.includes('the journal has used')),
    (lines) => lines.length > 0,
  );

  server.timeseries.write = write;
  await healthUntil(server, (h) => h.account.pending === 0, 120_000);
  client = await gateway(server);
  expect(await send(client)).toBe(true);
  await accountFor(server, data, fleet, { quarantined: unreadable });
}, 240_000);

test('a journal too small to work with is refused at start', () => {
  expect(() => readSettings({ JOURNAL_MB: '1' })).toThrow(/JOURNAL_MB: must be at least 4 megabytes/);
  expect(() => readSettings({ JOURNAL_MB: 'much' })).toThrow(/JOURNAL_MB: must be a number of megabytes/);
  expect(readSettings({}).JOURNAL_MB).toBe(8192);
});
