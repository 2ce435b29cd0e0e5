/** The ground of a figure that is the sum of several meters: it is made here, of what each of them used. */
import { LEVELS, type Level, type Zone } from '../../../../server/domain/time.ts';
import type { Consumption, ConsumptionRow } from '../../../../server/http/schemas/consumption.ts';
import type { Ground, GroundPart } from '../../../../server/http/schemas/ledger.ts';
import type { MeterInfo } from '../../../../server/http/schemas/meters.ts';

/** The widest steps into which [from, to) can be cut without a rest. */
export function widestLevel(from: number, to: number, zone: Zone): Level {
  const fits = (level: Level): boolean =>
    zone.startOf(level, from) === from && zone.startOf(level, to) === to;
  return [...LEVELS].sort((a, b) => order(b) - order(a)).find(fits) ?? 'hour';
}

function order(level: Level): number {
  return ['hour', 'day', 'month', 'year'].indexOf(level);
}

export function sumGround(
  ids: readonly string[],
  consumption: Consumption,
  meters: readonly MeterInfo[],
  name: string,
  zone: Zone,
): Ground {
  const names = new Map(meters.map((m) => [m.id, m.name]));
  const { from, to, by } = consumption;
  const parts = ids.map((id): GroundPart => {
    const rows = consumption.rows.filter((r) => r.id === id);
    return { id, name: names.get(id) ?? id, kind: 'meter', sign: 1, ...total(rows, by, zone) };
  });
  const first = consumption.rows[0];
  return {
    id: ids.join(','),
    name,
    kind: 'node',
    carrier: first?.carrier ?? 'other',
    unit: first?.unit ?? '',
    gauge: false,
    from,
    to,
    ...totalOf(parts),
    booked: null,
    parts,
    pieces: [],
    set_aside: [],
    epochs: [],
    ceiling: null,
    revisions: [],
    more: false,
  };
}

type Amounts = Pick<GroundPart, 'quantity' | 'measured' | 'recovered' | 'estimated' | 'completeness'>;

function total(rows: readonly ConsumptionRow[], by: Level, zone: Zone): Amounts {
  const lengths = rows.map((r) => zone.next(by, Date.parse(r.start)) - Date.parse(r.start));
  const covered = rows.reduce((ms, r, i) => ms + r.completeness * (lengths[i] ?? 0), 0);
  const all = lengths.reduce((ms, l) => ms + l, 0);
  return { ...sums(rows), completeness: all > 0 ? covered / all : 0 };
}

function totalOf(parts: readonly Amounts[]): Amounts {
  const mean = parts.reduce((s, p) => s + p.completeness, 0) / Math.max(1, parts.length);
  return { ...sums(parts), completeness: mean };
}

function sums(rows: readonly Omit<Amounts, 'completeness'>[]): Omit<Amounts, 'completeness'> {
  const sum = (key: 'quantity' | 'measured' | 'recovered' | 'estimated'): number | null => {
    const known = rows.map((r) => r[key]).filter((v) => v !== null);
    return known.length === 0 ? null : known.reduce((s, v) => s + v, 0);
  };
  return {
    quantity: sum('quantity'),
    measured: sum('measured'),
    recovered: sum('recovered'),
    estimated: sum('estimated'),
  };
}
