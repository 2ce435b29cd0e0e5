import type { BookMonth } from '../../../../server/http/schemas/book.ts';
import type { Catalogue } from '../i18n/zh.ts';
import type { Line } from './drafts.svelte.ts';
import type { BookWords } from './words.zh.ts';

export type Row = BookMonth['rows'][number];

/** What a line is called beside its carrier: an account with its number, a plate, or neither. */
export function lineName(line: Line, w: BookWords, hasVehicles: boolean): string {
  if (line.account_of) return `${line.account_of.name} ${line.account_of.number}`;
  if (line.vehicle_of) return line.vehicle_of.plate;
  const gone = line.account ?? line.vehicle;
  if (gone !== null) return `${gone} ${w.at(w.gone)}`;
  return hasVehicles ? w.plainVehicle : w.plain;
}

/** The whole name, as a screen reader says it with a cell. */
export function fullName(line: Line, w: BookWords, m: Catalogue): string {
  return `${m.carriers[line.carrier]} ${lineName(line, w, false)}`;
}

/** Lines that wait for a figure: of accounts and vehicles, not of what meters tell by themselves. */
export function openLines(rows: readonly Row[]): number {
  return rows.flatMap((r) => r.lines).filter((l) => !l.entry && (l.account !== null || l.vehicle !== null))
    .length;
}
