import type { Figure } from '../../conservation/series.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { Lack } from '../../domain/indicator.ts';
import type { Cell, Column, ColumnFormat, Formula } from '../model.ts';
import { isComparable, isComplete } from './facts.ts';
import { completeness, figure, fixed, percent, SAME } from './numbers.ts';
import type { Words } from './words.ts';

/** What sections have in common: amounts and changes as words, and as cells. */

/** An amount with its unit, as it stands in a sentence; large ones in the steps of the language. */
export function amountText(w: Words, value: number, unit: string): string {
  // Standard coal and carbon dioxide are spoken of in tonnes.
  if (Math.abs(value) >= 1000 && /^kg(ce|CO₂)$/.test(unit)) {
    return amountText(w, value / 1000, unit.replace('kg', 't'));
  }
  const step = w.steps.find((s) => Math.abs(value) >= s.at);
  const number = step ? fixed(value / step.divisor, step.places) : figure(value);
  return w.amount(number, step?.word ?? '', unitText(w, unit));
}

/** Standard coal and carbon dioxide stand in tables in tonnes, unless they are per something. */
export function scaled(unit: string): { unit: string; per: number } {
  return /^kg(ce|CO₂)$/.test(unit) ? { unit: unit.replace('kg', 't'), per: 1000 } : { unit, per: 1 };
}

/** An amount in such a unit. */
export function inScale(value: number | null, { per }: { per: number }): number | null {
  return value === null || per === 1 ? value : value / per;
}

/** A unit in words, such as 千克标准煤/平方米. */
export function unitText(w: Words, unit: string): string {
  return wordedUnit(w, unit, w.units);
}

/** A unit in signs, such as kgce/m². */
export function unitSign(w: Words, unit: string): string {
  return wordedUnit(w, unit, w.signs);
}

function wordedUnit(w: Words, unit: string, words: Readonly<Record<string, string>>): string {
  if (unit === '1') return '';
  const [above = '', below] = unit.split('/');
  const word = (part: string): string => words[part] ?? part;
  if (below === undefined) return word(above);
  return w.over(word(above), below.replace(/[()]/g, '').split('·').map(word));
}

/** A day like 2026-01-31 as it is written. */
export function dateText(w: Words, date: string): string {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return w.day({ year, month, day, hour: 0, minute: 0 });
}

/** Sentences one after the other. */
export function sentences(w: Words, list: readonly string[]): string {
  return list
    .filter((s) => s !== '')
    .map(capital)
    .join(w.gap);
}

/** With a capital letter, where the writing has such. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

type Known = Pick<Figure, 'quantity' | 'completeness'>;

/** Why two amounts are not held against each other, or how they differ; null: of this one too little is known. */
export function changeText(of: Words['lastYear'], now: Known, then: Known): string | null {
  if (now.quantity === null || !isComplete(now)) return null;
  if (then.quantity === null) return of.none;
  if (!isComplete(then)) return of.weak(completeness(then.completeness));
  const change = changeOf(now.quantity, then.quantity);
  if (change === null) return now.quantity === 0 ? of.same : of.zero;
  if (Math.abs(change) < SAME) return of.same;
  return change < 0 ? of.down(percent(change)) : of.up(percent(change));
}

/** Against a year ago and the month before; what is said of both is said once. */
export function changeTexts(w: Words, now: Known, lastYear: Known, previous: Known): string[] {
  const said = [changeText(w.lastYear, now, lastYear), changeText(w.previous, now, previous)];
  if (said[0] === w.lastYear.same && said[1] === w.previous.same) return [w.bothSame];
  if (said[0] === w.lastYear.none && said[1] === w.previous.none) return [w.bothNone];
  return said.flatMap((t) => t ?? []);
}

/** Lacks that make a figure weaker and do not keep it from being told. */
const WEAKER: readonly Lack['reason'][] = ['other_year', 'partly_set', 'other_coefficient', 'weak_base'];

/** Why a figure is not there. */
export function lackText(w: Words, lacks: readonly Lack[]): string {
  const first = lacks.find((l) => !WEAKER.includes(l.reason)) ?? lacks[0];
  return first ? w.lacks[first.reason] : w.cells.unknown;
}

/** A number in full precision, or why there is none. */
export function numberCell(w: Words, value: number | null, lacks: readonly Lack[] = []): Cell {
  if (value !== null) return { value };
  return { value: null, lack: lacks.length > 0 ? lackText(w, lacks) : w.cells.noData };
}

export function textCell(value: string): Cell {
  return { value };
}

/** The change between two amounts; one that rests on too little is marked. */
export function changeCell(w: Words, now: Known, then: Known): Cell {
  const change = changeOf(now.quantity, then.quantity);
  if (change === null) {
    const zero = now.quantity !== null && then.quantity === 0;
    return { value: null, lack: zero ? w.cells.zeroBase : w.cells.unlike };
  }
  return isComparable(now, then) ? { value: change } : { value: change, mark: w.marks.unlike };
}

export function completenessCell({ completeness }: Pick<Figure, 'completeness'>): Cell {
  return { value: completeness };
}

const TEXT: ColumnFormat = { type: 'text' };

export const column = {
  text: (key: string, head: string): Column => ({ key, head, unit: '', format: TEXT }),
  number: (key: string, head: string, unit: string, digits: number): Column => ({
    key,
    head,
    unit,
    format: { type: 'number', digits },
  }),
  share: (key: string, head: string): Column => ({
    key,
    head,
    unit: '',
    format: { type: 'share', digits: 1 },
  }),
  change: (key: string, head: string, of: [now: string, then: string]): Column => ({
    key,
    head,
    unit: '',
    format: { type: 'change', digits: 1 },
    formula: { op: 'change', of } satisfies Formula,
  }),
};

/** Whether any cell carries a mark: then the table says what it means. */
export function notesOf(w: Words, rows: readonly { cells: Record<string, Cell> }[]): string[] {
  const marks = new Set(rows.flatMap((r) => Object.values(r.cells).flatMap((c) => c.mark ?? [])));
  const has = (mark: string): boolean => [...marks].some((m) => m.includes(mark));
  return [
    ...(has(w.marks.unlike) ? [w.marks.unlikeNote] : []),
    ...(has(w.marks.unconfirmed) ? [w.marks.unconfirmedNote] : []),
  ];
}
