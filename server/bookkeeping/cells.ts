import type { CellValue } from '@cj-tech-master/excelts';
import { isDate } from '../domain/book-check.ts';

/**
 * What people type into cells, read strictly: full-width digits and thousands separators are digits, a formula
 * is its value, a date is a date however it is written; anything else is refused rather than guessed.
 */

/** A cell without formula and formatting; undefined: it holds nothing that can be read, e.g. `#REF!`. */
export type Plain = string | number | Date | null | undefined;

export function plainOf(value: CellValue): Plain {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || value instanceof Date) return value;
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  if (typeof value === 'boolean') return undefined;
  if ('formula' in value || 'sharedFormula' in value) return plainOf(value.result ?? undefined) ?? undefined;
  if ('richText' in value && value.richText) return plainOf(value.richText.map((r) => r.text).join(''));
  if ('text' in value && typeof value.text === 'string') return plainOf(value.text);
  return undefined;
}

export function textOf(value: Plain): string | null {
  if (value === null || value === undefined || value instanceof Date) return null;
  return typeof value === 'number' ? String(value) : value;
}

/** @returns undefined where it is no number */
export function numberOf(value: Plain): number | null | undefined {
  if (value === null || typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const plain = value.normalize('NFKC').replaceAll(/\s/g, '');
  if (!/^[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(plain)) return undefined;
  return Number(plain.replaceAll(',', ''));
}

/** YYYY-MM-DD; undefined: no date. */
export function dateOf(value: Plain): string | null | undefined {
  if (value === null || value === undefined) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : iso(value);
  const text = String(value).normalize('NFKC').replaceAll(/\s/g, '');
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (!compact && /^\d{5}(\.\d+)?$/.test(text)) return iso(ofSerial(Number(text)));
  const [, y, m, d] = compact ?? /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? [];
  if (!y || !m || !d) return undefined;
  const date = `${y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  return isDate(date) ? date : undefined;
}

/** YYYY-MM; undefined: no month. */
export function monthOf(value: Plain): string | null | undefined {
  if (value === null || value === undefined) return value;
  const text = value instanceof Date ? '' : String(value).normalize('NFKC').replaceAll(/\s/g, '');
  const [, y, m] = /^(\d{4})(0[1-9]|1[0-2])$/.exec(text) ?? /^(\d{4})[-/.年](\d{1,2})月?$/.exec(text) ?? [];
  if (y && m) return Number(m) >= 1 && Number(m) <= 12 ? `${y}-${m.padStart(2, '0')}` : undefined;
  return dateOf(value)?.slice(0, 7);
}

/** Day 60 of the 1900 system is a 29 February that never was; every day after it counts from 1899-12-30. */
function ofSerial(serial: number): Date {
  return new Date(Date.UTC(1899, 11, 30) + Math.floor(serial) * 86_400_000);
}

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}
