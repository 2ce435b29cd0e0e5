import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import { demoEstate } from '../../simulators/estate.ts';
import { historyCsv, historyStart } from '../../simulators/history.ts';

const zone = new Zone('Asia/Shanghai');
const to = Date.parse('2026-11-21T19:07:33+08:00');
const estate = demoEstate();

async function text(chunks: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const chunk of chunks) all += chunk;
  return all;
}

describe('history', () => {
  it('starts with the month thirteen months before', () => {
    expect(zone.iso(historyStart(to, zone))).toBe('2025-10-01T00:00:00+08:00');
  });

  it('is the same to the byte for the same seed and clock', async () => {
    const hash = async (seed: number) => {
      const all = await text(historyCsv({ seed, from: to - 5 * 86_400_000, to }));
      return createHash('sha256').update(all).digest('hex');
    };
    const first = await hash(7);
    expect(await hash(7)).toBe(first);
    expect(await hash(8)).not.toBe(first);
  });

  it('shows the same registers whatever day it starts on', async () => {
    const whole = await text(historyCsv({ from: to - 3 * 86_400_000, to }));
    const part = await text(historyCsv({ from: to - 86_400_000, to }));
    const rows = part.split('\n').slice(1);
    expect(whole.endsWith(rows.join('\n'))).toBe(true);
  });

  it('is in order of time, each meter at its own interval, in chunks of whole lines', async () => {
    const seen = new Map<string, number>();
    let last = '';
    for await (const chunk of historyCsv({ from: to - 2 * 86_400_000, to })) {
      expect(chunk.endsWith('\n')).toBe(true);
      expect(chunk.length).toBeLessThan(128 * 1024);
      for (const line of chunk.trimEnd().split('\n')) {
        const [meter = '', time = '', value = ''] = line.split(',');
        if (meter === 'meter') continue;
        expect(time >= last).toBe(true);
        expect(value).toMatch(/^-?\d+(\.\d{1,2})?$/);
        last = time;
        seen.set(meter, (seen.get(meter) ?? 0) + 1);
      }
    }
    expect(last).toBe('2026-11-21T19:00:00+08:00');
    for (const m of estate.meters) expect(seen.get(m.id), m.id).toBe((2 * 86_400) / m.interval_s);
  });

  it('has a gateway out of reach for a day and a meter silent for three, while registers went on', async () => {
    const from = zone.startOf('day', to) - 40 * 86_400_000;
    const times = new Map<string, { at: number; value: number }[]>();
    const all = await text(historyCsv({ from, to }));
    for (const line of all.trimEnd().split('\n').slice(1)) {
      const [meter = '', time = '', value = ''] = line.split(',');
      const list = times.get(meter) ?? [];
      list.push({ at: Date.parse(time), value: Number(value) });
      times.set(meter, list);
    }
    const holes = (meter: string) => {
      const interval = estate.meters.find((m) => m.id === meter)!.interval_s * 1000;
      const list = times.get(meter)!;
      return list.slice(1).flatMap((r, i) => {
        const before = list[i]!;
        return r.at - before.at > interval ? [{ ms: r.at - before.at, advance: r.value - before.value }] : [];
      });
    };
    // 24 h without a reading lie between two that are 24 h and one interval apart.
    expect(holes('cul-main').map((h) => h.ms)).toEqual([86_400_000 + 900_000]);
    expect(holes('cul-main')[0]!.advance).toBeGreaterThan(0);
    expect(holes('gov-f8-ac').map((h) => h.ms)).toEqual([3 * 86_400_000 + 900_000]);
    expect(holes('gov-f9-ac')).toEqual([]);
    expect(holes('gov-main')).toEqual([]);
  });

  it('refuses times that it cannot tell', async () => {
    await expect(text(historyCsv({ from: to, to: to - 1 }))).rejects.toThrow('from: must not lie after to');
    await expect(text(historyCsv({ from: Date.UTC(2020, 0), to }))).rejects.toThrow('2024-01-01');
  });
});
