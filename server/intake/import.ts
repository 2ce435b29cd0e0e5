import { parse } from 'csv-parse/sync';
import type { Estate } from '../domain/estate.ts';
import { FLAG, type Reading, type Reject } from '../domain/reading.ts';
import { type CheckContext, Fault, readingFrom, rejectPacket, rejectReading, show } from './checks.ts';
import { namePart, partOf } from './part.ts';

/** Where an import puts its readings, and who tells what became of them. */
export interface ImportTarget {
  newSource(): number;
  appendFrom(source: number, readings: readonly Reading[], rejects: readonly Reject[]): Promise<number>;
  /** Of the readings of that source, as far as they were handed on. */
  outcome(source: number): { stored: number; duplicate: number; conflict: number };
  forgetOutcome(source: number): void;
  /** Settles when everything appended so far is in the time series. */
  drained(): Promise<void>;
}

export interface Progress {
  rows: number;
  stored: number;
  duplicate: number;
  quarantined: number;
  /** Lines of meters that are not `of`'s; absent: none. */
  refused?: number;
  done: boolean;
  errors?: string[];
}

export class ImportError extends Error {
  /** 1-based line of the file. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

const COLUMNS = ['meter', 'time', 'value'] as const;
const BATCH = 5000;
/** Readings that may be on disk and not yet handed on before the file waits. */
const AHEAD = 200_000;
const SHOWN_ERRORS = 20;
const LINE_LIMIT = 4096;

/**
 * Reads a CSV of readings (header `meter,time,value` in any order; comma, semicolon or tab) and puts them on
 * disk like readings from a device. Lines that are no readings go to quarantine and do not stop the rest.
 * @param name file name, for the place of a faulty line
 * @param of whose meters may be written to: a line of another one is refused and not kept, for in quarantine a
 *   retry would let it in; null: all of them
 * @throws ImportError when the header is not one of readings, or a line is endless
 */
export async function* importReadings(
  input: AsyncIterable<Uint8Array | string>,
  name: string,
  target: ImportTarget,
  context: () => CheckContext,
  reportEveryMs = 250,
  of: Estate | null = null,
): AsyncGenerator<Progress> {
  const source = target.newSource();
  const rows = { read: 0, rejected: 0, refused: 0 };
  const errors: string[] = [];
  const inFlight = new Set<Promise<unknown>>();
  let failure: unknown = null;
  let reported = performance.now();
  const progress = (done: boolean): Progress => {
    const { stored, duplicate, conflict } = target.outcome(source);
    const base = {
      rows: rows.read,
      stored,
      duplicate,
      quarantined: rows.rejected + conflict,
      ...(rows.refused > 0 && { refused: rows.refused }),
      done,
    };
    return errors.length > 0 ? { ...base, errors: [...errors] } : base;
  };
  const handedOn = (): number => {
    const { stored, duplicate, conflict } = target.outcome(source);
    return stored + duplicate + conflict + rows.rejected + rows.refused;
  };
  try {
    for await (const batch of batches(input, name, context, of)) {
      rows.read += sizeOf(batch);
      rows.refused += batch.refused.length;
      for (const line of batch.refused) if (errors.length < SHOWN_ERRORS) errors.push(line);
      rows.rejected += batch.rejects.length;
      for (const r of batch.rejects)
        if (errors.length < SHOWN_ERRORS) errors.push(`${r.source}: ${r.detail}`);
      const append = target.appendFrom(source, batch.readings, batch.rejects).catch((error: unknown) => {
        failure = error;
      });
      inFlight.add(append);
      void append.finally(() => inFlight.delete(append));
      if (inFlight.size >= 3) await Promise.race(inFlight);
      if (failure) throw failure;
      while (rows.read - handedOn() > AHEAD) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (performance.now() - reported >= reportEveryMs) {
          reported = performance.now();
          yield progress(false);
        }
      }
      if (performance.now() - reported >= reportEveryMs) {
        reported = performance.now();
        yield progress(false);
      }
    }
    await Promise.all(inFlight);
    if (failure) throw failure;
    await target.drained();
    yield progress(true);
  } finally {
    await Promise.all(inFlight);
    target.forgetOutcome(source);
  }
}

interface Batch {
  readings: Reading[];
  rejects: Reject[];
  /** What is said of lines that are not kept. */
  refused: string[];
}

function empty(): Batch {
  return { readings: [], rejects: [], refused: [] };
}

function sizeOf({ readings, rejects, refused }: Batch): number {
  return readings.length + rejects.length + refused.length;
}

async function* batches(
  input: AsyncIterable<Uint8Array | string>,
  name: string,
  context: () => CheckContext,
  of: Estate | null,
): AsyncGenerator<Batch> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let line = 0;
  let columns: Columns | null = null;
  let batch = empty();
  const take = (text: string): void => {
    line++;
    const end = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (!columns) columns = header(line === 1 && end.charCodeAt(0) === 0xfeff ? end.slice(1) : end, line);
    else if (end !== '') row(end, columns, `${name}:${line}`, batch, context(), of);
  };
  for await (const chunk of input) {
    const text = rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
    let at = 0;
    for (let end = text.indexOf('\n', at); end >= 0; end = text.indexOf('\n', at)) {
      take(text.slice(at, end));
      at = end + 1;
      if (sizeOf(batch) >= BATCH) {
        yield batch;
        batch = empty();
      }
    }
    rest = text.slice(at);
    if (rest.length > LINE_LIMIT) throw new ImportError(line + 1, `longer than ${LINE_LIMIT} characters`);
  }
  if (rest !== '') take(rest);
  if (!columns) throw new ImportError(1, 'the file is empty; its first line must be meter,time,value');
  if (sizeOf(batch) > 0) yield batch;
}

interface Columns {
  delimiter: string;
  at: Record<(typeof COLUMNS)[number], number>;
  count: number;
}

function header(text: string, line: number): Columns {
  const delimiter = [',', ';', '\t'].find((d) => text.includes(d)) ?? ',';
  const names = split(text, delimiter).map((n) => n.trim().toLowerCase());
  const missing = COLUMNS.filter((c) => !names.includes(c));
  if (missing.length > 0) {
    throw new ImportError(
      line,
      `the header has no column ${missing.join(', ')}; it must be meter,time,value`,
    );
  }
  const [meter, time, value] = COLUMNS.map((c) => names.indexOf(c)) as [number, number, number];
  return { delimiter, at: { meter, time, value }, count: names.length };
}

/**
 * Plain lines are cut by hand (13 million a second here, 0.46 million with csv-parse); a line with a quote
 * goes through csv-parse.
 */
function split(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  try {
    return (parse(text, { delimiter, relax_column_count: true }) as string[][])[0] ?? [];
  } catch {
    return [text];
  }
}

function row(
  text: string,
  columns: Columns,
  place: string,
  batch: Batch,
  context: CheckContext,
  of: Estate | null,
): void {
  const cells = split(text, columns.delimiter);
  if (cells.length !== columns.count) {
    const detail = `${cells.length} columns where the header has ${columns.count}`;
    batch.rejects.push(rejectPacket('broken_payload', detail, place, Buffer.from(text), context.now));
    return;
  }
  const meter = (cells[columns.at.meter] as string).trim();
  if (of && !of.meter(meter)) {
    batch.refused.push(`${place}: meter: ${show(meter)} is none of yours; the line was not kept`);
    return;
  }
  const time = (cells[columns.at.time] as string).trim();
  const value = (cells[columns.at.value] as string).trim();
  const read = readingFrom(meter, time, value, context.now, context, FLAG.imported);
  if (read instanceof Fault) {
    const held = { meter, time, value, flags: FLAG.imported };
    batch.rejects.push(rejectReading(read, held, '', place, context.now, context));
  } else {
    const { part } = context;
    if (part && partOf(meter, part.of) !== part.index) {
      const owner = namePart({ index: partOf(meter, part.of), of: part.of });
      throw new ImportError(
        Number(place.slice(place.lastIndexOf(':') + 1)),
        `meter ${meter} is of part ${owner} of the intake; this is ${namePart(part)}: import its lines there`,
      );
    }
    batch.readings.push(read);
  }
}
