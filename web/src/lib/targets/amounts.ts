/** Amounts of targets in tables and charts, and as their indicator tells them. */
import { axisFigures, figure, fixed } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { TONNES, unitText } from '../terms/amounts.ts';
import type { Terms } from '../terms/words.zh.ts';
import type { Current, TargetView } from './types.ts';

/** The unit and the divisor that amounts up to a size are told in. */
export function scaleOf(unit: string, largest: number): { unit: string; divisor: number } {
  const tonne = TONNES[unit];
  return tonne && Math.abs(largest) >= 1000 ? { unit: tonne, divisor: 1000 } : { unit, divisor: 1 };
}

/** Amounts of one table or chart: all in the same unit and step, whose name stands in the head. */
export interface Column {
  unit: string;
  /** What a value is divided by, the step of the language included. */
  divisor: number;
  text: (value: number | null) => string;
  axis: (value: number) => string;
}

export function columnOf(
  values: readonly (number | null)[],
  unit: string,
  w: Pick<Terms, 'units'>,
  m: Catalogue,
): Column {
  const largest = values.reduce<number>((most, v) => Math.max(most, Math.abs(v ?? 0)), 0);
  const scale = scaleOf(unit, largest);
  const step = m.number.steps.find((s) => largest / scale.divisor >= s.at);
  const divisor = scale.divisor * (step?.divisor ?? 1);
  const named = unitText(scale.unit, w);
  const top = largest / divisor;
  // As many places as the largest needs to be told to four digits.
  const places = top >= 1000 || top === 0 ? 0 : top >= 100 ? 1 : top >= 10 ? 2 : 3;
  const marks = axisFigures([], m);
  return {
    unit: step ? `${step.suffix.trim()} ${named}` : named,
    divisor,
    text: (value) => (value === null ? '—' : fixed(value / divisor, places)),
    axis: (value) => marks(Number((value / divisor).toPrecision(10))),
  };
}

/**
 * What quantities of the running year are divided by to be told in the unit of the indicator: people or area;
 * null where that is not known, then they stay quantities.
 */
export function perOf(current: Current): number | null {
  return current.denominator !== null && current.denominator > 0 ? current.denominator : null;
}

/** The amounts of a target's running year as its indicator tells them. */
export interface Told {
  unit: string;
  of: (quantity: number | null) => number | null;
}

export function toldOf(target: Pick<TargetView, 'unit'>, current: Current): Told {
  const per = perOf(current);
  const isRatio = target.unit !== current.quantity_unit;
  if (!isRatio) return { unit: current.quantity_unit, of: (q) => q };
  return per === null
    ? { unit: current.quantity_unit, of: (q) => q }
    : { unit: target.unit, of: (q) => (q === null ? null : q / per) };
}

export function signed(value: number, text: string): string {
  return value > 0 ? `+${text}` : value < 0 ? `−${text.replace(/^[−-]/, '')}` : text;
}

/** A share in per cent without rounding a small one away. */
export function degrees(value: number): string {
  return figure(value);
}
