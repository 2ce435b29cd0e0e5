import { dayAt } from '../../server/conservation/day-history.ts';
import type { Day } from '../../server/domain/day-model.ts';
import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import { demoEstate, pointsOf } from '../../simulators/estate.ts';
import { LoadModel } from '../../simulators/model/model.ts';
import { outdoorTemperature } from '../../simulators/model/weather.ts';

export const zone = new Zone('Asia/Shanghai');
export const at = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);

/** What meters of the demo estate use on each day of [from, to), with the weather, out of the simulator. */
export function simulatedDays(seed: number, meters: readonly string[], from: number, to: number): Day[][] {
  const points = pointsOf(demoEstate());
  const model = new LoadModel(points, seed, zone);
  const indexes = meters.map((id) => points.findIndex((p) => p.id === id));
  const out: Day[][] = meters.map(() => []);
  model.advance(from);
  let before = indexes.map((i) => model.total(i));
  for (let start = from; start < to; ) {
    const end = zone.next('day', start);
    model.advance(end);
    const now = indexes.map((i) => model.total(i));
    let degrees = 0;
    for (let h = 0; h < 24; h++)
      degrees += outdoorTemperature(seed, start + zone.offset(start) + h * HOUR_MS);
    const day = { ...dayAt(zone, start), temperature: degrees / 24, learnable: true };
    for (const [i, sum] of now.entries()) out[i]?.push({ ...day, quantity: sum - (before[i] as number) });
    before = now;
    start = end;
  }
  return out;
}

export function total(days: readonly Day[]): number {
  return days.reduce((sum, d) => sum + (d.quantity ?? 0), 0);
}
