import type { Command } from 'commander';
import { csvNumber, csvText } from '../http/csv.ts';
import type { Ask } from './client.ts';
import { type Io, Misuse } from './io.ts';

/** Opens the way to a data directory: its running server, or its stores in this process. */
export type Connect = (
  directory: string | undefined,
  /** Whether a directory without data becomes one with; otherwise it is a mistake. */
  create: boolean,
) => Promise<{ ask: Ask; close(): Promise<void> }>;

/** What the groups of commands share. */
export interface Context {
  io: Io;
  /** `--data`, where it was given. */
  data(): string | undefined;
  /** Opens the way, does the work and closes it again, whatever the work did. */
  withStore(work: (ask: Ask) => Promise<void>, create?: boolean): Promise<void>;
  /** A command below another one, with its manners. */
  sub(parent: Command, name: string, description: string): Command;
}

/** The options that were given, as the query of an address. */
export function query(options: Record<string, string | string[] | undefined>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    for (const v of Array.isArray(value) ? value : [value]) if (v !== undefined) out.append(name, v);
  }
  return out.toString();
}

/** For an option that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  if (value === '') throw new Misuse('an id must not be empty');
  return [...before, value];
}

/** A line of CSV; null and undefined are empty cells. */
export function csvLine(cells: readonly (string | number | null | undefined)[]): string {
  const shown = cells.map((c) => (typeof c === 'number' ? csvNumber(c) : csvText(c ?? '')));
  return `${shown.join(',')}\n`;
}
