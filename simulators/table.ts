import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { DAY_MS, parseTime, Zone } from '../server/domain/time.ts';
import type { Column } from './columns.ts';

/** One cell of a building's file. */
export interface Cell {
  line: number;
  column: string;
  meter: string;
  time: string;
  /** null: the file has no value there. */
  value: number | null;
}

export interface TableOptions {
  file: string;
  /** The columns to take; none for a file of meter,time,value. */
  columns: readonly Column[];
  /** The column of the time in a file with one column a meter; its first unless told otherwise. */
  timeColumn?: string;
  /** Columns in which 0 stands for a missing value. */
  zeroIsGap?: readonly string[] | 'all';
}

/**
 * The cells of a CSV file in its order, one row in memory at a time.
 * @throws Error that names line and column of what cannot be read.
 */
export async function* cells(options: TableOptions): AsyncGenerator<Cell> {
  const { file, columns, timeColumn, zeroIsGap = [] } = options;
  const input = createReadStream(file);
  const rows = input.pipe(parse({ bom: true, trim: true, skip_empty_lines: true, info: true }));
  // A pipe does not carry the error of its source.
  input.on('error', (error) => rows.destroy(error));
  let pick:
    | { time: number; at: { name: string; column: number; meter: string }[]; meter: number }
    | undefined;
  for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    if (!pick) {
      pick = columnsOf(record, columns, timeColumn, file);
      continue;
    }
    const time = record[pick.time] ?? '';
    for (const { name, column, meter } of pick.at) {
      const text = record[column] ?? '';
      const zero = zeroIsGap === 'all' || zeroIsGap.includes(name) || zeroIsGap.includes(meter);
      const value = text === '' ? null : Number(text);
      if (value !== null && !Number.isFinite(value)) {
        throw new Error(`${file}:${info.lines}: column ${name}: "${text}" is not a number`);
      }
      yield {
        line: info.lines,
        column: name,
        meter: pick.meter < 0 ? meter : (record[pick.meter] ?? ''),
        time,
        value: zero && value === 0 ? null : value,
      };
    }
  }
  if (!pick) throw new Error(`${file}: is empty`);
}

function columnsOf(head: string[], columns: readonly Column[], timeColumn: string | undefined, file: string) {
  const find = (name: string): number => {
    const at = head.indexOf(name);
    if (at < 0) throw new Error(`${file}:1: no column "${name}"; there are ${head.join(', ')}`);
    return at;
  };
  if (columns.length === 0) {
    return {
      time: find('time'),
      at: [{ name: 'value', column: find('value'), meter: '' }],
      meter: find('meter'),
    };
  }
  const at = columns.map((c) => ({ name: c.column, column: find(c.column), meter: c.meter }));
  return { time: timeColumn === undefined ? 0 : find(timeColumn), at, meter: -1 };
}

const UTC = new Zone('UTC');
const ELSEWHERE = new Zone('Etc/GMT+12');

/** What the wall clocks of one meter's rows mean, row after row of a file. */
export class WallClock {
  readonly #zone: Zone;
  #last = Number.NEGATIVE_INFINITY;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /**
   * The instant of a row's time, epoch ms. Where clocks were put back, a wall clock that comes a second time
   * means the later hour. 'skipped': no clock showed it, since clocks were put forward over it. null: no time.
   */
  instant(text: string): number | 'skipped' | null {
    const at = this.#resolve(text);
    if (typeof at === 'number') this.#last = at;
    return at;
  }

  #resolve(text: string): number | 'skipped' | null {
    const zone = this.#zone;
    const first = parseTime(text, zone);
    const local = parseTime(text, UTC);
    if (first === null || local === null) return null;
    // With an offset of its own, or as epoch seconds, it means the same in every zone.
    if (parseTime(text, ELSEWHERE) === local) return first;
    if (first + zone.offset(first) !== local) return 'skipped';
    const later = local - zone.offset(first + DAY_MS);
    const twice = later > first && later + zone.offset(later) === local;
    return twice && this.#last >= first ? later : first;
  }
}
