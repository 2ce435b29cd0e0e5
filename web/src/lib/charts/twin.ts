/** The table beside a chart: the same figures as text, for eyes, readers and spreadsheets. */
import type { GroundRef } from '../state/ground.ts';

export interface TwinColumn {
  label: string;
  numeric?: boolean;
  /** What the figure of a row comes from. */
  ground?: ((row: number) => GroundRef | null) | undefined;
}

export interface Twin {
  columns: readonly TwinColumn[];
  rows: readonly (readonly (string | number | null)[])[];
}

/** RFC 4180 with a byte order mark, without which Excel reads Chinese as another encoding. */
export function twinCsv(twin: Twin): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    // A leading =, +, - or @ would be run as a formula by a spreadsheet.
    const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [twin.columns.map((c) => cell(c.label)), ...twin.rows.map((row) => row.map(cell))];
  return `\uFEFF${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The click has read it by the next task; revoking at once would cancel the download in Firefox.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
