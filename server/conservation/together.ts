import type { Zone } from '../domain/time.ts';
import type { Rollup, RollupLevel, TimeSeries } from '../timeseries/port.ts';

/** Takes what each meter of a group, in its order, used in a stretch that all of them are known for. */
export type Take = (group: number, start: number, rows: readonly Rollup[]) => void;

/** A stretch of time and the groups that are looked for in it. */
interface Open {
  start: number;
  end: number;
  groups: readonly number[];
}

const FINER = { month: 'day', day: 'hour' } as const;
const LENGTH_MS = { hour: 3_600_000, day: 86_400_000, month: 31 * 86_400_000 };
/** Rollups that are held at a time, about. */
const ROWS = 50_000;

/**
 * Goes through the time that is known for all meters of a group alike: a difference of a main over 30 days
 * and a sub-meter over 20 would be no rest but the 10 days. A period that all of them measured without a gap
 * is taken whole; of any other the days, and of those the hours are looked at. So the hours of a difference
 * add up to its days and months, like those of a meter.
 *
 * An hour counts where every meter knows all of it: it is covered, or was recovered or estimated, or the
 * meter is known in the hour after too. What a meter has of the hour that still runs, or of the last one
 * before it fell silent, is not the whole hour.
 * @param groups numbers of meters (`Meter.no`), none twice in a group
 * @param level the longest periods that are taken; `from` and `to` are bounds of such
 */
export async function together(
  timeseries: TimeSeries,
  zone: Zone,
  groups: readonly (readonly number[])[],
  level: RollupLevel,
  from: number,
  to: number,
  take: Take,
): Promise<void> {
  const some = [...groups.keys()].filter((g) => (groups[g] as readonly number[]).length > 0);
  if (from >= to || some.length === 0) return;
  await descend(level, [{ start: from, end: to, groups: some }]);

  async function descend(level: RollupLevel, open: readonly Open[]): Promise<void> {
    for (const { slice, meters } of slices(groups, level, open)) {
      const first = (slice[0] as Open).start;
      const { end: last } = slice[slice.length - 1] as Open;
      const known = new Map<number, Map<number, Rollup>>();
      const until = level === 'hour' ? zone.next('hour', last) : last;
      for (const row of await timeseries.rollups(level, meters, first, until)) {
        const here = known.get(row.start) ?? new Map<number, Rollup>();
        known.set(row.start, here.set(row.meter, row));
      }
      const finer: Open[] = [];
      for (const stretch of slice) {
        for (let start = stretch.start, end = start; start < stretch.end; start = end) {
          end = zone.next(level, start);
          const here = known.get(start);
          if (!here) continue;
          const undecided: number[] = [];
          for (const g of stretch.groups) {
            const rows = (groups[g] as readonly number[]).flatMap((no) => here.get(no) ?? []);
            if (rows.length < (groups[g] as readonly number[]).length) continue;
            if (rows.every((r) => isMeasured(r, end - start))) take(g, start, rows);
            else if (level !== 'hour') undecided.push(g);
            else if (rows.every((r) => isWhole(r, end - start, known.get(end)))) take(g, start, rows);
          }
          if (undecided.length > 0) finer.push({ start, end, groups: undecided });
        }
      }
      if (level !== 'hour') await descend(FINER[level], finer);
    }
  }
}

function isMeasured(row: Rollup, lengthMs: number): boolean {
  return row.coveredMs >= lengthMs && row.recovered === 0 && row.estimated === 0;
}

function isWhole(row: Rollup, lengthMs: number, next: ReadonlyMap<number, Rollup> | undefined): boolean {
  if (row.coveredMs >= lengthMs || row.recovered !== 0 || row.estimated !== 0) return true;
  return next?.has(row.meter) ?? false;
}

/** Stretches that are asked for in one query, with their meters. */
function* slices(
  groups: readonly (readonly number[])[],
  level: RollupLevel,
  open: readonly Open[],
): Generator<{ slice: Open[]; meters: number[] }> {
  let slice: Open[] = [];
  let meters = new Set<number>();
  for (const stretch of open) {
    const more = new Set([...meters, ...stretch.groups.flatMap((g) => groups[g] as readonly number[])]);
    const periods = (stretch.end - (slice[0] ?? stretch).start) / LENGTH_MS[level];
    if (slice.length > 0 && periods * more.size > ROWS) {
      yield { slice, meters: [...meters] };
      slice = [];
      meters = new Set(stretch.groups.flatMap((g) => groups[g] as readonly number[]));
    } else {
      meters = more;
    }
    slice.push(stretch);
  }
  if (slice.length > 0) yield { slice, meters: [...meters] };
}
