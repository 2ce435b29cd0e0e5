import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';

/** What a command may touch of the process around it; tests bring their own. */
export interface Io {
  /** Data; settles when it is written, so that a slow pipe holds the producer back. */
  out(text: string | Uint8Array): Promise<void>;
  /** Messages. */
  err(text: string): void;
  /** Whether `err` is a terminal that can rewrite its line. */
  terminal: boolean;
  stdin: AsyncIterable<Uint8Array>;
  cwd: string;
  environment: Record<string, string | undefined>;
}

/** A command that could not do what it was asked: exit code 1. */
export class Failure extends Error {}

/** A command that was asked wrongly: exit code 2. */
export class Misuse extends Error {}

/** The text of a file, or of stdin for '-'. @throws Failure that names the file */
export async function readAll(file: string, io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  const input = file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file));
  try {
    for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
