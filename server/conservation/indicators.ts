import { MICRO } from '../domain/advance.ts';
import type { Estate } from '../domain/estate.ts';
import {
  INDICATORS,
  type Indicator,
  type IndicatorId,
  type Lack,
  type Numerator,
} from '../domain/indicator.ts';
import type { Carrier } from '../domain/meter.ts';
import type { Policy } from '../domain/policy.ts';
import type { Amount } from '../domain/rollup.ts';
import {
  type Coefficient,
  countsAsEnergy,
  type EmissionFactor,
  isEnergy,
  type Source,
} from '../domain/scheme.ts';
import { type AttributeOf, attributeOf } from './attributes.ts';
import {
  type Conversion,
  conversionOf,
  cutAtChanges,
  kgCo2Rate,
  kgceRate,
  type Rate,
  schemeLack,
} from './conversion.ts';
import type { Months } from './months.ts';
import { bookedAmount, completed, completenessOf, type Series, seriesOf } from './series.ts';
import type { Span } from './spans.ts';

/** What indicators are computed from. */
export interface IndicatorGround {
  estate: Estate;
  policy: Policy;
  months: Pick<Months, 'series' | 'sums'>;
}

/** One carrier's part of a numerator. */
export interface Term {
  carrier: Carrier;
  /** As it is metered. */
  quantity: number | null;
  unit: string;
  completeness: number;
  /** kgce or kgCO₂ per unit; null: none needed, none known, or several within the period. */
  coefficient: number | null;
  /** In the unit of the numerator. */
  converted: number | null;
  /** The part of the quantity that people entered, as no meter counts it. */
  booked: number | null;
  source: Source | null;
  factor: EmissionFactor | null;
  /** Used to come from litres to kg; null: none. */
  density: Coefficient['density'];
}

export interface NumeratorOf {
  quantity: number | null;
  unit: string;
  /** Of several carriers, that of the least complete one. */
  completeness: number;
  terms: Term[];
  lacks: Lack[];
}

export interface IndicatorValue {
  id: IndicatorId;
  value: number | null;
  unit: string;
  numerator: NumeratorOf;
  denominator: (AttributeOf & { attribute: string }) | null;
  completeness: number;
  /** Of numerator and denominator. */
  lacks: Lack[];
}

export interface NodeValues {
  node: string;
  conversion: Conversion;
  /** By indicator in the order asked, and by span. */
  values: IndicatorValue[][];
}

/** Units of what no meter counts. */
const UNITS: Partial<Record<Numerator, string>> = {
  energy: 'kgce',
  co2: 'kgCO₂',
  water: 'm³',
  gas: 'm³',
  heat: 'GJ',
};
const PER: Record<string, string> = { floor_area_m2: '/m²', heated_area_m2: '/m²', people: '/p' };

/**
 * Indicators of nodes over spans, each with the value of its own time: attributes are weighted by the days of
 * the span, coefficients and factors are those of its months and years.
 * @param spans with bounds on the hour, none in the future
 * @param scheme id of the scheme; without it that of the settings
 * @throws RangeError where there is no such scheme
 */
export async function valuesOf(
  ground: IndicatorGround,
  nodes: readonly string[],
  indicators: readonly IndicatorId[],
  spans: readonly Span[],
  scheme?: string,
): Promise<NodeValues[]> {
  const { estate, policy, months } = ground;
  const wanted = indicators.map(
    (id) => INDICATORS.find((i) => i.id === id) as Indicator & { id: IndicatorId },
  );
  const asked = new Set(wanted.map((of) => of.numerator));
  // The sums are what takes time: only those that are asked for are made.
  const counts = ({ gauge, carrier }: Series, of: Conversion): boolean =>
    !gauge &&
    (asked.has(carrier as Numerator) ||
      (asked.has('energy') && countsAsEnergy(of.scheme, carrier)) ||
      (asked.has('co2') && isEnergy(carrier)));
  const uses = nodes.map((node) => {
    const conversion = conversionOf(estate, policy, node, scheme);
    return {
      node,
      conversion,
      all: months.series(node).filter((s) => counts(s, conversion)),
      purchased: asked.has('co2') ? purchasedOf(estate, node) : null,
    };
  });
  const schemes = new Set(uses.map((u) => u.conversion.scheme));
  const parts = spans.map((span) => (span.from < span.to ? cutAtChanges(estate.zone, span, schemes) : []));
  const list = uses.flatMap((u) => (u.purchased ? [...u.all, u.purchased] : u.all));
  const found = await months.sums(list, parts.flat());
  const firsts = parts.map((_, i) => parts.slice(0, i).reduce((n, p) => n + p.length, 0));

  let row = 0;
  return uses.map(({ node, conversion, all, purchased }) => {
    const amounts = new Map<Series, (Amount | undefined)[]>();
    for (const series of all) amounts.set(series, found[row++] ?? []);
    if (purchased) amounts.set(purchased, found[row++] ?? []);
    // One pass for each numerator and each attribute; several indicators share them.
    const bySpan = spans.map((span, i) => {
      const first = firsts[i] ?? 0;
      const pieces = (parts[i] ?? []).map((part, p) => ({ part, index: first + p }));
      const numerators = new Map<Numerator, NumeratorOf>();
      const denominators = new Map<string, AttributeOf>();
      const context: Context = { estate, conversion, span, pieces, amounts, all, purchased };
      return (of: Indicator & { id: IndicatorId }): IndicatorValue => {
        const numerator = numerators.get(of.numerator) ?? numeratorOf(context, of.numerator);
        numerators.set(of.numerator, numerator);
        if (of.denominator === null) return quotient(of, numerator, null);
        const denominator =
          denominators.get(of.denominator) ?? attributeOf(estate, node, of.denominator, span);
        denominators.set(of.denominator, denominator);
        return quotient(of, numerator, denominator);
      };
    });
    return { node, conversion, values: wanted.map((of) => bySpan.map((valueIn) => valueIn(of))) };
  });
}

/** The energy of series of a node over a span, in kgce, converted like its indicators. */
export async function energyOf(
  { estate, months }: IndicatorGround,
  conversion: Conversion,
  list: readonly Series[],
  span: Span,
): Promise<NumeratorOf> {
  const parts = cutAtChanges(estate.zone, span, [conversion.scheme]);
  const found = await months.sums(list, parts);
  const amounts = new Map(list.map((series, i) => [series, found[i] ?? []]));
  const pieces = parts.map((part, index) => ({ part, index }));
  const context: Context = { estate, conversion, span, pieces, amounts, all: list, purchased: null };
  return numeratorOf(context, 'energy');
}

interface Context {
  estate: Estate;
  conversion: Conversion;
  span: Span;
  /** The parts of the span, each with the place of its amount. */
  pieces: readonly { part: Span; index: number }[];
  amounts: ReadonlyMap<Series, readonly (Amount | undefined)[]>;
  all: readonly Series[];
  purchased: Series | null;
}

/**
 * What is drawn from the grid, without what is fed back taken off, where a node feeds something back; null:
 * that is the electricity that it uses.
 */
export function purchasedOf(estate: Estate, node: string): Series | null {
  const meters = estate.outermost(node, 'electricity');
  const drawn = meters.filter((m) => !('direction' in m && m.direction === 'out'));
  return drawn.length === meters.length || drawn.length === 0
    ? null
    : completed(estate, seriesOf(estate, node, drawn));
}

function numeratorOf(context: Context, numerator: Numerator): NumeratorOf {
  const { all, conversion, purchased, estate, span } = context;
  if (numerator === 'energy') {
    const lack = schemeLack(estate.zone, conversion.scheme, span);
    const series = all.filter((s) => countsAsEnergy(conversion.scheme, s.carrier));
    const sum = added(context, 'energy', series, kgceRate);
    return lack ? { ...sum, quantity: null, lacks: [lack, ...sum.lacks] } : sum;
  }
  if (numerator === 'co2') {
    // What the roof gives has no emission, and what is drawn from the grid has all of its own.
    const series = all
      .filter((s) => isEnergy(s.carrier) && s.carrier !== 'pv')
      .map((s) => (s.carrier === 'electricity' && purchased ? purchased : s));
    return added(context, 'co2', series, kgCo2Rate);
  }
  const own = all.filter((s) => s.carrier === numerator);
  const alike = own.filter((s) => s.unit === own[0]?.unit);
  const sum = added(context, numerator, alike, null);
  if (alike.length === own.length) return sum;
  // What is booked in a unit that does not convert cannot be added, and the sum without it is none.
  const lack: Lack = { reason: 'no_coefficient', what: numerator };
  return { ...sum, quantity: null, lacks: [...sum.lacks, lack] };
}

/** Adds up series, converted where there is a rate. What is not known of one is missing from the sum. */
function added(
  context: Context,
  numerator: Numerator,
  list: readonly Series[],
  rateOf: typeof kgceRate | null,
): NumeratorOf {
  const lacks: Lack[] = [];
  const say = (lack: Lack): void => {
    if (!lacks.some((l) => l.reason === lack.reason && l.what === lack.what)) lacks.push(lack);
  };
  const unit = UNITS[numerator] ?? 'kWh';
  if (list.length === 0) {
    say({ reason: 'no_meter', what: numerator });
    return { quantity: null, unit, completeness: 0, terms: [], lacks };
  }
  const terms = list.map((series) => termOf(context, series, rateOf, say));
  const known = terms.filter((t) => t.quantity !== null);
  const complete = known.every((t) => t.converted !== null) && known.length > 0;
  return {
    quantity: complete ? known.reduce((sum, t) => sum + (t.converted ?? 0), 0) : null,
    unit: rateOf ? unit : (terms[0]?.unit ?? unit),
    completeness: Math.min(...terms.map((t) => t.completeness)),
    terms,
    lacks,
  };
}

function termOf(
  { estate, conversion, span, pieces, amounts }: Context,
  series: Series,
  rateOf: typeof kgceRate | null,
  say: (lack: Lack) => void,
): Term {
  const { carrier, unit } = series;
  let quantity: number | null = null;
  let converted: number | null = 0;
  let covered = 0;
  const rates = new Map<number, Rate>();
  for (const { part, index } of pieces) {
    const amount = amounts.get(series)?.[index];
    if (!amount) continue;
    const here = (amount.measured + amount.recovered + amount.estimated) / MICRO;
    quantity = (quantity ?? 0) + here;
    covered += amount.coveredMs;
    if (!rateOf) continue;
    const rate = rateOf(conversion, estate.zone, carrier, unit, part.from);
    if ('reason' in rate) {
      // Nothing used needs nothing to convert it with.
      if (here === 0) continue;
      say(rate);
      converted = null;
    } else {
      if (rate.lack) say(rate.lack);
      rates.set(rate.per, rate);
      if (converted !== null) converted += here * rate.per;
    }
  }
  if (quantity === null) say({ reason: 'no_data', what: carrier });
  const [rate] = rates.size === 1 ? rates.values() : [];
  const booked = span.from < span.to ? bookedAmount(series, span.from, span.to) : undefined;
  return {
    carrier,
    quantity,
    unit,
    completeness: completenessOf(series, covered, span),
    coefficient: rate?.per ?? null,
    converted: quantity === null ? null : rateOf ? converted : quantity,
    booked: booked === undefined ? null : booked.measured / MICRO,
    source: rate?.source ?? null,
    factor: rate?.factor ?? null,
    density: rate?.density ?? null,
  };
}

function quotient(
  of: Indicator & { id: IndicatorId },
  numerator: NumeratorOf,
  denominator: AttributeOf | null,
): IndicatorValue {
  const { quantity, completeness } = numerator;
  const per = of.denominator === null ? '' : (PER[of.denominator] ?? '');
  const base = { id: of.id, unit: `${numerator.unit}${per}`, numerator, completeness };
  if (!denominator || of.denominator === null) {
    return { ...base, value: quantity, denominator: null, lacks: numerator.lacks };
  }
  const lacks = [...numerator.lacks, ...denominator.lacks];
  // Nobody and no area: nothing to divide by, whatever was written down.
  if (denominator.value === 0) lacks.push({ reason: 'no_attribute', what: of.denominator });
  const value = quantity === null || !denominator.value ? null : quantity / denominator.value;
  return { ...base, value, denominator: { ...denominator, attribute: of.denominator }, lacks };
}
