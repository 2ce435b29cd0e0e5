import { FIELDS, type Field, faultOf, type Line } from './drafts.svelte.ts';

/** A cell of what is pasted, and where it would go; without a line it lies outside the table. */
export interface Pasted {
  line: Line | null;
  field: Field | null;
  text: string;
  /** Code of why it is not taken; null: it is. */
  fault: string | null;
}

/** Cells that a paste may have. */
const CELLS = 5_000;

/** Rows and cells of what a spreadsheet puts on the clipboard; null: it is one cell, pasted like any text. */
export function rowsOf(text: string): string[][] | null {
  const plain = text.replaceAll('\r\n', '\n').replace(/\n$/, '');
  if (!plain.includes('\t') && !plain.includes('\n')) return null;
  return plain
    .split('\n')
    .map((row) => row.split('\t').map((cell) => cell.replace(/^"(.*)"$/s, '$1').trim()));
}

/** Where the cells would go, from a cell to the right and downwards. */
export function pastedAt(
  rows: readonly (readonly string[])[],
  lines: readonly Line[],
  from: { line: number; field: Field },
): Pasted[] {
  const first = FIELDS.indexOf(from.field);
  const out: Pasted[] = [];
  for (const [r, row] of rows.entries()) {
    for (const [c, text] of row.entries()) {
      if (out.length === CELLS) return out;
      const line = lines[from.line + r] ?? null;
      const field = FIELDS[first + c] ?? null;
      const fault = line && field ? faultOf(line, field, text) : 'beyond';
      // A cell that is empty beyond the table is no loss.
      if (fault === 'beyond' && text === '') continue;
      out.push({ line, field, text, fault });
    }
  }
  return out;
}
