import { DAY_MS, Zone } from '../server/domain/time.ts';
import { demoEstate, type EstateFile, pointsOf, type ReportedPoint } from './estate.ts';
import { LoadModel } from './model/model.ts';

export interface HistoryOptions {
  /** Repeats the same estate; 1 unless told otherwise. */
  seed?: number;
  /** First and last instant, epoch ms, both included. */
  from: number;
  to: number;
  estate?: EstateFile;
}

const CHUNK_CHARS = 64 * 1024;

/** The start of a history of whole months that ends at an instant: 13 months unless told otherwise. */
export function historyStart(to: number, zone: Zone, months = 13): number {
  return zone.startOf('month', zone.shift(to, 'month', -months));
}

/**
 * The readings of a past time as the CSV of `import readings` (meter,time,value), in order of time, in
 * chunks of whole lines. Things went wrong in it, as they do: a gateway was out of reach for a day while the
 * registers kept counting, one meter fell silent for three days, and of the demo estate two were exchanged
 * without a record (`demo-estate/exchanges.ts`).
 * @throws RangeError when `from` lies before the model's origin or after `to`.
 */
export async function* historyCsv({
  seed = 1,
  from,
  to,
  estate = demoEstate(),
}: HistoryOptions): AsyncGenerator<string> {
  if (!(from <= to)) throw new RangeError('from: must not lie after to');
  const zone = new Zone(estate.timezone);
  const points = pointsOf(estate);
  const model = new LoadModel(points, seed, zone);
  const intervals = points.map((p) => p.intervalS * 1000);
  const tick = intervals.reduce(divisor, intervals[0] ?? 900_000);
  const silences = silencesBefore(to, zone, points);
  let chunk = 'meter,time,value\n';
  for (let at = Math.ceil(from / tick) * tick; at <= to; at += tick) {
    model.advance(at);
    const time = zone.iso(at);
    const quiet = silences.filter((s) => at >= s.from && at < s.to);
    for (let i = 0; i < points.length; i++) {
      if (at % intervals[i]! !== 0 || quiet.some((s) => s.meters.has(i))) continue;
      chunk += `${points[i]!.id},${time},${model.value(i)}\n`;
    }
    if (chunk.length >= CHUNK_CHARS) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

interface Silence {
  from: number;
  to: number;
  meters: ReadonlySet<number>;
}

function silencesBefore(to: number, zone: Zone, points: readonly ReportedPoint[]): Silence[] {
  const today = zone.startOf('day', to);
  const silence = (daysAgo: number, days: number, meters: number[]): Silence => {
    const from = today - daysAgo * DAY_MS + 9.5 * 3_600_000;
    return { from, to: from + days * DAY_MS, meters: new Set(meters) };
  };
  const all = points.map((_, i) => i);
  const gateway = points.findLast((p) => p.gateway !== '')?.gateway;
  const outage = all.filter((i) => points[i]!.gateway === gateway);
  const alone = all.find((i) => points[i]!.id === 'gov-f8-ac') ?? points.length - 1;
  return [silence(37, 1, outage), silence(19, 3, [alone])];
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
