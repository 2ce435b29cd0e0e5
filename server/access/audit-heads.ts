import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** In the data directory, beside the table that it is held against. */
export const HEADS_FILE = 'audit-heads';
/** From here on older lines are thinned out to the last one of each day. */
const LIMIT_BYTES = 2 ** 20;
/** Lines that are never thinned out. */
const KEPT_LINES = 1000;

const Head = z.object({ at: z.iso.datetime(), no: z.number().int().positive(), hash: z.string().length(64) });
/** What the newest row of the trail was at some time. */
export type Head = z.infer<typeof Head>;

/** The heads that were written down in a data directory, oldest first. @throws Error that names a line that is none */
export function readHeads(directory: string): Head[] {
  const file = join(directory, HEADS_FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // A line that was cut off by a power cut has no end.
  lines.pop();
  return lines.map((line, i) => {
    try {
      return Head.parse(JSON.parse(line));
    } catch {
      throw new Error(`${file}: line ${i + 1} is no head of the audit trail`);
    }
  });
}

/** Adds a head and syncs it. @throws what the file system throws */
export function writeHead(directory: string, head: Head): void {
  const file = join(directory, HEADS_FILE);
  const line = `${JSON.stringify(head)}\n`;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // What a power cut left of a line goes.
  const whole = before.slice(0, before.lastIndexOf('\n') + 1);
  if (whole.length === before.length && whole.length < LIMIT_BYTES) {
    append(file, line);
    return;
  }
  const unfinished = `${file}.unfinished`;
  append(unfinished, thinned(whole) + line, 'w');
  renameSync(unfinished, file);
}

function append(file: string, text: string, flags = 'a'): void {
  const fd = openSync(file, flags, 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The last line of each day, and the newest lines. */
function thinned(text: string): string {
  const lines = text.split('\n').slice(0, -1);
  const day = (line: string | undefined): string => line?.slice(0, '{"at":"2026-12-31'.length) ?? '';
  const kept = lines.filter((line, i) => i >= lines.length - KEPT_LINES || day(line) !== day(lines[i + 1]));
  return kept.map((line) => `${line}\n`).join('');
}
