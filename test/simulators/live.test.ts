import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTime, Zone } from '../../server/domain/time.ts';
import { demoEstate } from '../../simulators/estate.ts';
import { faultAt } from '../../simulators/faults.ts';
import { historyCsv } from '../../simulators/history.ts';
import { asGateway, Link } from '../../simulators/link.ts';
import { startLive } from '../../simulators/live.ts';
import { TestBroker, until } from './broker.ts';

const zone = new Zone('Asia/Shanghai');
const estate = demoEstate();
const NOON = Date.parse('2026-03-18T12:00:00+08:00');

let broker: TestBroker;
beforeEach(async () => {
  broker = new TestBroker();
  await broker.start();
});
afterEach(async () => {
  await broker.stop();
});

describe('live gateways', () => {
  it('go on where the history ends', async () => {
    let csv = '';
    for await (const chunk of historyCsv({ seed: 5, from: NOON, to: NOON })) csv += chunk;
    const live = await startLive({ url: broker.url, seed: 5, every_s: 5, now: () => NOON });
    await until(() => live.stats.acked >= estate.meters.length, 'the first report of every meter');
    await live.stop();
    const seen = broker.readings().map((r) => `${r.meter},${zone.iso(parseTime(r.time, zone)!)},${r.value}`);
    expect(seen.sort()).toEqual(csv.trimEnd().split('\n').slice(1).sort());
    expect(live.stats).toMatchObject({ sent: 119, acked: 119, pending: 0, dropped: 0 });
    const topics = new Set(broker.received.map((r) => r.topic));
    expect(topics).toContain('gateways/gw-gov/readings');
    expect(topics).toContain('meters/weather-t/readings');
  });

  it('report every few seconds at the real rate, and faster in a simulated past', async () => {
    const began = Date.now();
    const from = NOON - 3_600_000;
    const live = await startLive({
      url: broker.url,
      every_s: 60,
      from,
      speed: 3600,
      now: () => NOON + (Date.now() - began),
    });
    await until(() => live.stats.clock >= NOON - 60_000, 'the simulated clock to reach the present');
    await live.stop();
    const main = broker.readings().filter((r) => r.meter === 'gov-main');
    const times = main.map((r) => parseTime(r.time, zone)!);
    // An hour of minutes, and the report at the start.
    expect(times.length).toBeGreaterThanOrEqual(60);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...times)).toBeLessThanOrEqual(NOON + (Date.now() - began));
    const kWh = (main.at(-1)!.value - main[0]!.value) * estate.meters[0]!.multiplier!;
    expect(kWh).toBeGreaterThan(300);
    expect(kWh).toBeLessThan(2000);
    expect(live.stats.acked).toBe(live.stats.sent);
  });

  it('have every fault when asked to, and still deliver every register in the end', async () => {
    const began = Date.now();
    const from = NOON - 6 * 3_600_000;
    const live = await startLive({
      url: broker.url,
      every_s: 30,
      from,
      speed: 8000,
      faults: true,
      now: () => NOON + (Date.now() - began),
    });
    await until(() => live.stats.clock >= NOON - 60_000, 'six simulated hours');
    await until(() => live.stats.pending === 0, 'the catch-up');
    await live.stop();
    const { stats } = live;
    expect(stats.outages).toBeGreaterThan(0);
    expect(stats.repeated).toBeGreaterThan(0);
    expect(stats.late).toBeGreaterThan(0);
    expect(stats.broken).toBeGreaterThan(0);
    expect(stats.dropped).toBe(0);
    const broken = broker.received.filter((r) => !parses(r.payload));
    // One may have arrived whose acknowledgement was cut off.
    expect(broken.length).toBeGreaterThanOrEqual(stats.broken);
    broker.received.splice(0, broker.received.length, ...broker.received.filter((r) => parses(r.payload)));
    const times = broker
      .readings()
      .flatMap((r) => (r.meter === 'gov-main' ? [parseTime(r.time, zone)!] : []));
    const on = new Set(times.filter((t) => t >= from && t < NOON - 1_800_000 && t % 30_000 === 0));
    // 5.5 h of half minutes, but for a reading still held back or a clock that was ahead.
    expect(on.size).toBeGreaterThan(0.95 * 5.5 * 120);
    expect(times.length).toBeGreaterThan(new Set(times).size);
    const late = estate.meters.filter((m) => {
      const all = broker.readings().flatMap((r) => (r.meter === m.id ? [parseTime(r.time, zone)!] : []));
      return all.some((t, i) => i > 0 && t < all[i - 1]! - 60_000);
    });
    expect(late.length).toBeGreaterThan(10);
  });

  it('run clocks ahead of the server by more than it allows', () => {
    const ahead = Array.from({ length: 5000 }, (_, n) => faultAt(1, 'gw-gov', n).ahead_ms).filter(
      (ms) => ms > 0,
    );
    expect(ahead.length).toBeGreaterThan(0);
    expect(Math.min(...ahead)).toBeGreaterThanOrEqual(15 * 60_000);
    expect(faultAt(1, 'gw-gov', 77)).toEqual(faultAt(1, 'gw-gov', 77));
  });

  it('keep what was not acknowledged through a broken connection and a stopped broker', async () => {
    let packets = 0;
    await broker.stop();
    await broker.start(() => ++packets % 7 !== 0);
    const link = new Link({ url: broker.url, clientId: 'g', encode: asGateway('g', 10) });
    link.open();
    await link.ready(5000);
    for (let n = 0; n < 400; n++) link.push({ meter: 'm', time: n + 1, value: n });
    await until(() => link.acked > 50, 'the first acknowledgements');
    await broker.stop();
    for (let n = 400; n < 500; n++) link.push({ meter: 'm', time: n + 1, value: n });
    expect(link.pending).toBeGreaterThan(100);
    await broker.start();
    await until(() => link.pending === 0, 'the catch-up');
    await link.close();
    expect(new Set(broker.readings().map((r) => r.value)).size).toBe(500);
    expect(link.dropped).toBe(0);
  });

  it('lose the oldest readings when their store is full, and count them', () => {
    const link = new Link({ url: broker.url, clientId: 'g', encode: asGateway('g', 10), capacity: 100 });
    for (let n = 0; n < 130; n++) link.push({ meter: 'm', time: n + 1, value: n });
    expect(link.pending).toBe(100);
    expect(link.dropped).toBe(30);
  });

  it('say which broker cannot be reached', async () => {
    const { url } = broker;
    await broker.stop();
    await expect(startLive({ url, connect_ms: 300 })).rejects.toThrow(
      `${url}: no connection: connect ECONNREFUSED`,
    );
  });

  it('stop by a signal', async () => {
    const stop = new AbortController();
    const live = await startLive({ url: broker.url, every_s: 1, signal: stop.signal });
    await until(() => live.stats.acked > 0, 'a first acknowledgement');
    stop.abort();
    await live.stop();
    const { sent } = live.stats;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(live.stats.sent).toBe(sent);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
