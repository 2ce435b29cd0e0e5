/** Amounts as people say them: large ones of coal and CO₂ in tonnes, units that are words in words. */
import { exact, figure, fixed, quantityParts } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import type { Terms } from './words.zh.ts';

type Units = Pick<Terms, 'units'>;

/** What thousands of a unit are told in. */
export const TONNES: Readonly<Record<string, string>> = { kgce: 'tce', 'kgCO₂': 'tCO2' };

/** Persons and years of a unit like kgce/(p·a) in words; 1 is no unit. */
export function unitText(unit: string, w: Units): string {
  if (unit === '1') return '';
  // The small 2 is missing in many Chinese typefaces.
  return unit
    .replaceAll('₂', '2')
    .replaceAll(/(?<=[/(·]|^)(people|p|d|a)(?=[·)/]|$)/g, (word) => w.units[word] ?? word);
}

/** A value and its unit apart; null: there is none. */
export function amountParts(
  value: number | null,
  unit: string,
  w: Units,
  m: Catalogue,
): { figure: string; unit: string } | null {
  if (value === null) return null;
  const tonne = TONNES[unit];
  if (tonne && Math.abs(value) >= 1000) return quantityParts(value / 1000, tonne, m);
  if (unit.includes('/') || unit === '1') return { figure: figure(value), unit: unitText(unit, w) };
  return quantityParts(value, unitText(unit, w), m);
}

export function amount(value: number | null, unit: string, w: Units, m: Catalogue): string {
  const parts = amountParts(value, unit, w, m);
  return parts === null ? m.number.unknown : `${parts.figure} ${parts.unit}`.trim();
}

/** Of a calculation that is checked by hand: six digits, in the unit that it is computed in. */
export function checkable(value: number, unit: string, w: Units): string {
  const digits = Math.max(0, 6 - Math.max(1, Math.ceil(Math.log10(Math.abs(value) || 1))));
  const text = digits === 0 ? fixed(value, 0) : exact(Number(value.toFixed(digits)));
  return `${text} ${unitText(unit, w)}`.trim();
}

/** Places behind the point, four at most, that tell the values of a list apart where they are not the same. */
export function placesFor(values: readonly number[]): number {
  const largest = Math.max(0, ...values.map(Math.abs));
  const different = new Set(values.map((v) => v.toPrecision(6))).size;
  let places = largest >= 100 ? 0 : largest >= 10 ? 1 : 2;
  while (places < 4 && new Set(values.map((v) => v.toFixed(places))).size < different) places++;
  return places;
}
