import { likeSpans } from '../../conservation/compared-indicators.ts';
import { figureOf, type Series } from '../../conservation/series.ts';
import type { Span } from '../../conservation/spans.ts';
import { dateOf } from '../../domain/attribute.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { Carrier } from '../../domain/meter.ts';
import type { Amount } from '../../domain/rollup.ts';
import type { Target } from '../../domain/target.ts';
import type { Check } from './check.ts';
import { type Checked, isBeyond } from './sources.ts';

interface Then {
  quantity: number | null;
  completeness: number;
  /** The month compared with, like 2025-12. */
  month: string;
}

/** What is consumed: jumps, what is known too little of, and what is not known at all any more. */
export async function consumptionChecks(checked: Checked): Promise<Check[]> {
  const { sources, node, span, limit } = checked;
  const { estate, months, now } = sources;
  const { zone } = estate;
  const all = months.series(node).filter((s) => !s.gauge);
  if (all.length === 0) return [];
  const like = likeSpans(zone, span, now);
  const base = baseYear(checked);
  const years = base === null ? 0 : zone.wall(span.from).year - base;
  const spans = [like.current, like.previous, like.lastYear, yearsBefore(checked, like.current, years)];
  const found = await months.sums(all, spans);
  const least = limit('completeness');
  return all.flatMap((series, row) => {
    const [current, previous, lastYear, ofBase] = spans.map((of, i) =>
      thenOf(series, of, found[row]?.[i], dateOf(zone, of.from).slice(0, 7)),
    ) as [Then, Then, Then, Then];
    const about = aboutOf(checked, series);
    if (current.quantity === null) {
      const was = [lastYear, previous].find((p) => (p.quantity ?? 0) > 0);
      return was ? [about('missing_carrier', current, was, null)] : [];
    }
    const out: Check[] = [];
    if (current.completeness < least) {
      const check = about('completeness', current, null, null);
      check.figure.share = current.completeness;
      check.figure.low = least;
      out.push(check);
    }
    // What is measured by halves jumps because of that, and the completeness has its own check.
    const comparable = (then: Then): boolean => Math.min(current.completeness, then.completeness) >= least;
    const jump = (kind: 'change_last_year' | 'change_base', then: Then): void => {
      const share = changeOf(current.quantity, then.quantity);
      if (!comparable(then) || !isBeyond(share, limit(kind))) return;
      const check = about(kind, current, then, share);
      check.figure.low = -limit(kind);
      check.figure.high = limit(kind);
      out.push(check);
    };
    jump('change_last_year', lastYear);
    // A base year that is last year would say the same twice.
    if (years > 1) jump('change_base', ofBase);
    return out;
  });
}

function thenOf(series: Series, span: Span, amount: Amount | undefined, month: string): Then {
  const { quantity, completeness } = figureOf(series, amount, span.to - span.from);
  return { quantity, completeness, month };
}

/** The base year of the targets that hold at the node; the earliest where there are several. */
function baseYear({ sources, node, span }: Checked): number | null {
  const { estate, policy } = sources;
  const { year } = estate.zone.wall(span.from);
  const holds = (t: Target): boolean => t.baseYear < year && year <= t.endYear;
  const targets = policy.list('target').filter(holds);
  for (const { id } of estate.path(node).reverse()) {
    const years = targets.filter((t) => t.node === id).map((t) => t.baseYear);
    if (years.length > 0) return Math.min(...years);
  }
  return null;
}

function yearsBefore({ sources }: Checked, { from, to }: Span, years: number): Span {
  const { zone } = sources.estate;
  const start = zone.startOf('hour', zone.shift(from, 'year', -years));
  return { from: start, to: Math.max(start, zone.startOf('hour', zone.shift(to, 'year', -years))) };
}

function aboutOf({ node, month }: Checked, { carrier, unit }: Series) {
  return (
    kind: 'missing_carrier' | 'completeness' | 'change_last_year' | 'change_base',
    { quantity }: Then,
    then: Then | null,
    share: number | null,
  ): Check => ({
    id: `${kind}:${carrier}`,
    kind,
    severity: 'must',
    what: {
      carrier: carrier as Carrier,
      id: null,
      name: null,
      before: then?.quantity ?? null,
      against: then?.month ?? null,
    },
    link: { view: 'building', params: { node, carrier, period: month } },
    figure: { value: quantity, unit, share, low: null, high: null },
  });
}
