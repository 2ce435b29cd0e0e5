import { Zone } from '../server/domain/time.ts';
import type { Column } from './columns.ts';
import type { EstateFile, EstateMeter } from './estate.ts';
import { cells, WallClock } from './table.ts';

export interface ReplayEstateOptions {
  file: string;
  columns: readonly Column[];
  timeColumn?: string;
  /** Zone of the estate, and of times without offset. */
  timezone: string;
  /** Name of the region that the buildings stand in. */
  name?: string;
}

const LOOK_AT_CELLS = 10_000;

/**
 * An estate for a building's file: a region, its buildings, and a meter for each column. Temperature is a
 * gauge; every other column holds the quantity of one interval, and its time names the interval's start.
 * @throws Error that names line and column of what cannot be read.
 */
export async function replayEstate(options: ReplayEstateOptions): Promise<EstateFile> {
  const { columns, timezone, name = '回放的建筑' } = options;
  const interval_s = await intervalOf(options);
  const nodes = [...new Set(columns.map((c) => c.node))];
  return {
    version: 1,
    timezone,
    nodes: [
      { id: 'replay', name, kind: 'region' },
      ...nodes.map((id) => ({ id, name: id, kind: 'building' as const, parent: 'replay' })),
    ],
    // By it the gateway that replays may report for all of them.
    gateways: [{ id: 'replay', name: '回放网关', node: 'replay' }],
    meters: columns.map((c): EstateMeter => {
      const gauge = c.carrier === 'outdoor_temperature' || c.carrier === 'indoor_temperature';
      return {
        id: c.meter,
        name: c.column,
        node: c.node,
        carrier: c.carrier,
        register: gauge ? 'gauge' : 'interval',
        unit: c.unit,
        multiplier: 1,
        interval_s,
      };
    }),
  };
}

/** The shortest time between rows at the head of the file, s. */
async function intervalOf({ file, columns, timeColumn, timezone }: ReplayEstateOptions): Promise<number> {
  const zone = new Zone(timezone);
  const clock = new WallClock(zone);
  let shortest = Number.POSITIVE_INFINITY;
  let last: number | undefined;
  let seen = 0;
  const head = columns.slice(0, 1);
  for await (const cell of cells({
    file,
    columns: head,
    ...(timeColumn === undefined ? {} : { timeColumn }),
  })) {
    const at = clock.instant(cell.time);
    if (at === null) throw new Error(`${file}:${cell.line}: "${cell.time}" is not a time`);
    if (at !== 'skipped') {
      if (last !== undefined && at > last) shortest = Math.min(shortest, at - last);
      last = at;
    }
    if (++seen >= LOOK_AT_CELLS) break;
  }
  if (!Number.isFinite(shortest))
    throw new Error(`${file}: fewer than two times, so the interval is unknown`);
  return Math.round(shortest / 1000);
}
