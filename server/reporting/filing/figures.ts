import type { Cell, Chart, Report, Row, Table } from '../model.ts';

/** A figure of a report that would be another one today. */
export interface ChangedFigure {
  section: { id: string; heading: string };
  /** Table or chart. */
  table: { id: string; caption: string };
  row: string;
  column: string;
  unit: string;
  /** A number in full precision, a text, or null where nothing is said. */
  before: Cell['value'];
  after: Cell['value'];
  /** absent: the whole row or column was not there. */
  absent: 'before' | 'after' | null;
}

interface Figure extends Omit<ChangedFigure, 'before' | 'after' | 'absent'> {
  value: Cell['value'];
}

/**
 * Every figure that differs between two reports of one kind, node, month and language, in the order in which
 * they stand. Rows are known by their words, so that one that moved in a ranking is still itself. A figure that
 * is computed on another way may end in another last digit; that is no change.
 */
export function changedFigures(before: Report, after: Report): ChangedFigure[] {
  const was = figuresOf(before);
  const is = figuresOf(after);
  const out: ChangedFigure[] = [];
  for (const [key, { value, ...place }] of was) {
    const now = is.get(key);
    if (now && isSame(value, now.value)) continue;
    out.push({ ...place, before: value, after: now?.value ?? null, absent: now ? null : 'after' });
  }
  for (const [key, { value, ...place }] of is) {
    if (!was.has(key)) out.push({ ...place, before: null, after: value, absent: 'before' });
  }
  return out;
}

function figuresOf(report: Report): Map<string, Figure> {
  const out = new Map<string, Figure>();
  for (const { id, heading, blocks } of report.sections) {
    const section = { id, heading };
    for (const block of blocks) {
      if (block.kind === 'table') for (const f of ofTable(block)) out.set(`t ${f.key}`, { section, ...f.of });
      if (block.kind === 'chart') for (const f of ofChart(block)) out.set(`c ${f.key}`, { section, ...f.of });
    }
  }
  return out;
}

type Found = { key: string; of: Omit<Figure, 'section'> };

function* ofTable(table: Table): Generator<Found> {
  const { id, caption, columns, rows } = table;
  const labels = columns.filter((c) => c.format.type === 'text');
  const label = labels[0];
  const seen = new Map<string, number>();
  for (const row of rows) {
    // Without a label a row is known by its place.
    const name = label ? nameOf(row, label.key) : '';
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    for (const column of columns) {
      const cell = row.cells[column.key];
      if (!cell || column === label) continue;
      const key = JSON.stringify([id, name, nth, column.key]);
      yield {
        key,
        of: { table: { id, caption }, row: name, column: column.head, unit: column.unit, value: cell.value },
      };
    }
  }
}

function nameOf(row: Row, key: string): string {
  const value = row.cells[key]?.value;
  return value === null || value === undefined ? '' : String(value);
}

function* ofChart({ id, caption, unit, categories, series }: Chart): Generator<Found> {
  for (const { name, values } of series) {
    for (const [i, category] of categories.entries()) {
      yield {
        key: JSON.stringify([id, name, category]),
        of: { table: { id, caption }, row: category, column: name, unit, value: values[i] ?? null },
      };
    }
  }
}

const ROUNDING = 1e-9;

function isSame(a: Cell['value'], b: Cell['value']): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}
