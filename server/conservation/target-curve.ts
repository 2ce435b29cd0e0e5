import { CURVE_YEARS, type CurveBasis, dayShares, monthShares } from '../domain/curve.ts';
import type { Estate } from '../domain/estate.ts';
import { INDICATORS, type IndicatorId, type Lack, type Numerator } from '../domain/indicator.ts';
import type { IndicatorGround, IndicatorValue } from './indicators.ts';
import { valuesOf } from './indicators.ts';
import type { Span } from './spans.ts';

/** A year counts for the curve when every month was measured so well, against the best one of it. */
const EVEN = 0.8;

export interface Curve {
  /** Of the twelve months; they add up to 1. */
  shares: number[];
  basis: CurveBasis;
  /** Whose history; null: nobody's. */
  node: string | null;
  years: number[];
  lacks: Lack[];
}

/** The indicator that is the numerator alone. */
export function amountOf(numerator: Numerator): IndicatorId {
  const found = INDICATORS.find((i) => i.numerator === numerator && i.denominator === null);
  if (!found) throw new RangeError(`no indicator is ${numerator} alone`);
  return found.id;
}

/** The months of a year that begin before an instant, the last one up to it. */
export function monthsOf(ground: Pick<IndicatorGround, 'estate'>, year: number, until: number): Span[] {
  const { zone } = ground.estate;
  const out: Span[] = [];
  for (let month = 0; month < 12; month++) {
    const from = zone.instant(Date.UTC(year, month, 1));
    if (from >= until) break;
    out.push({ from, to: Math.min(until, zone.next('month', from)) });
  }
  return out;
}

/** Of fewer institutions together the shape of a year would tell what one of them did. */
const TOGETHER = 5;

/** The node itself and those above it whose history may serve: of its own institution, or of enough of them. */
function ancestry(estate: Estate, node: string): string[] {
  const path = estate.path(node).reverse();
  const own = path.findIndex((n) => n.kind === 'institution');
  return path
    .filter(({ id }, i) => i === 0 || i <= own || estate.institutionsBehind(id) >= TOGETHER)
    .map((n) => n.id);
}

/**
 * How a year is spread over its months: by the last complete years of the node, or of the nearest node above
 * that has one and may serve, or by days where nobody has. It is the same whoever asks.
 */
export async function curveOf(
  ground: IndicatorGround,
  node: string,
  numerator: Numerator,
  scheme: string | undefined,
  year: number,
): Promise<Curve> {
  const lacks: Lack[] = [];
  for (const [i, id] of ancestry(ground.estate, node).entries()) {
    const years = await completeYears(ground, id, numerator, scheme, year);
    const shares = monthShares(years.map((y) => y.months));
    if (shares) {
      return { shares, basis: i === 0 ? 'own' : 'above', node: id, years: years.map((y) => y.year), lacks };
    }
    if (i === 0) lacks.push({ reason: 'too_short', what: 'curve' });
  }
  return { shares: dayShares(year), basis: 'days', node: null, years: [], lacks };
}

async function completeYears(
  ground: IndicatorGround,
  node: string,
  numerator: Numerator,
  scheme: string | undefined,
  year: number,
): Promise<{ year: number; months: number[] }[]> {
  const years = Array.from({ length: CURVE_YEARS }, (_, i) => year - 1 - i);
  const spans = years.flatMap((y) => monthsOf(ground, y, Number.POSITIVE_INFINITY));
  const [found] = await valuesOf(ground, [node], [amountOf(numerator)], spans, scheme);
  const values: IndicatorValue[] = found?.values[0] ?? [];
  return years.flatMap((y, i) => {
    const months = values.slice(12 * i, 12 * i + 12);
    const best = Math.max(...months.map((m) => m.completeness));
    const known = months.flatMap(({ value, completeness }) =>
      value !== null && completeness >= EVEN * best ? [Math.max(0, value)] : [],
    );
    return known.length === 12 ? [{ year: y, months: known }] : [];
  });
}
