import { MICRO } from '../domain/advance.ts';
import { INDICATORS, type IndicatorId, type Lack } from '../domain/indicator.ts';
import type { Meter } from '../domain/meter.ts';
import { DAY_MS } from '../domain/time.ts';
import { type Causes, type WaterfallCause, waterfall } from '../domain/waterfall.ts';
import { seriesOfNumerator } from './day-history.ts';
import { type IndicatorValue, valuesOf } from './indicators.ts';
import { daysBetween, holds, unlike } from './like-conditions.ts';
import { meterSeries } from './series.ts';
import type { Span } from './spans.ts';
import type { TargetGround } from './targets.ts';

export interface WaterfallOf {
  unit: string;
  span: Span;
  last: Span;
  now: IndicatorValue;
  then: IndicatorValue;
  lastYear: number | null;
  thisYear: number | null;
  difference: number | null;
  parts: { cause: WaterfallCause; amount: number | null; lacks: Lack[] }[];
  lacks: Lack[];
}

/**
 * Why a span of a node differs from the same one a year before.
 * @param span whole days
 * @throws RangeError where there is no such scheme
 */
export async function waterfallOf(
  ground: TargetGround,
  node: string,
  indicator: IndicatorId,
  span: Span,
  scheme?: string,
): Promise<WaterfallOf> {
  const { estate, forecasts } = ground;
  const { zone } = estate;
  const { numerator, denominator } = INDICATORS.find((i) => i.id === indicator) ?? INDICATORS[0];
  const last = { from: zone.shift(span.from, 'year', -1), to: zone.shift(span.to, 'year', -1) };
  const [found] = await valuesOf(ground, [node], [indicator], [span, last], scheme);
  const [now, then] = (found?.values[0] ?? []) as [IndicatorValue, IndicatorValue];
  const base = { unit: now.unit, span, last, now, then, lastYear: then.value, thisYear: now.value };
  const lacks = [
    ...now.lacks,
    ...then.lacks.filter((l) => !now.lacks.some((n) => n.reason === l.reason && n.what === l.what)),
  ];
  const q1 = now.numerator.quantity;
  const q0 = then.numerator.quantity;
  if (now.value === null || then.value === null || q1 === null || q0 === null) {
    return { ...base, difference: null, parts: [], lacks };
  }
  const outlook = await forecasts.of(ground, node, numerator, scheme ?? null, ground.now);
  const model = outlook.forecast?.model ?? null;
  const index = (at: number): number => Math.floor((at + zone.offset(at)) / DAY_MS);
  const other =
    model && holds(model)
      ? unlike(model, daysBetween(outlook.history, index(span.from), index(span.to)), [
          daysBetween(outlook.history, index(last.from), index(last.to)),
        ])
      : null;
  const why: Lack[] = model && !holds(model) ? [{ reason: 'no_model', what: numerator }] : outlook.lacks;
  const causes: Causes = {
    weather: other?.weather ?? null,
    workingDays: other?.workingDays ?? null,
    completeness: await onlyOnce(ground, node, numerator, span, last, scheme),
  };
  const told = waterfall(
    { quantity: q0, denominator: denominator === null ? 1 : (then.denominator?.value ?? 1) },
    { quantity: q1, denominator: denominator === null ? 1 : (now.denominator?.value ?? 1) },
    causes,
  );
  const parts = (Object.keys(told.parts) as WaterfallCause[])
    .filter((cause) => cause !== 'denominator' || denominator !== null)
    .map((cause) => {
      const amount = told.parts[cause];
      return { cause, amount, lacks: amount === null ? why : [] };
    });
  return { ...base, lastYear: told.last, thisYear: told.now, difference: told.difference, parts, lacks };
}

/**
 * What meters are known for in only one of the two spans, month by month: a difference that says nothing about
 * use. Meters that are known only together with others are left out.
 */
async function onlyOnce(
  ground: TargetGround,
  node: string,
  numerator: Parameters<typeof seriesOfNumerator>[2],
  span: Span,
  last: Span,
  scheme?: string,
): Promise<number> {
  const { estate, months } = ground;
  const { zone } = estate;
  const terms = seriesOfNumerator(ground, node, numerator, scheme);
  const meters = terms.flatMap(({ series, rateAt }) =>
    series.meters.map((meter: Meter) => ({ meter, rateAt })),
  );
  const here = monthly(span);
  const there = monthly(last);
  const found = await months.sums(
    meters.map(({ meter }) => meterSeries(meter)),
    [...here, ...there],
  );
  let sum = 0;
  meters.forEach(({ rateAt }, i) => {
    here.forEach((month, m) => {
      const now = found[i]?.[m];
      const then = found[i]?.[here.length + m];
      if ((now === undefined) === (then === undefined)) return;
      const amount = now ?? then;
      const at = now ? month.from : (there[m]?.from ?? last.from);
      const quantity = amount ? (amount.measured + amount.recovered + amount.estimated) / MICRO : 0;
      sum += (now ? 1 : -1) * quantity * (rateAt(at) ?? 0);
    });
  });
  return sum;

  function monthly({ from, to }: Span): Span[] {
    return zone
      .periods('month', from, to)
      .map((p) => ({ from: Math.max(from, p.start), to: Math.min(to, p.end) }));
  }
}
