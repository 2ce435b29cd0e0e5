import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Longest path that a Unix domain socket may have everywhere (104 bytes on some systems, NUL included). */
const SOCKET_PATH_LIMIT = 100;

const SQLITE_BUSY = 5;

export class DirectoryInUse extends Error {
  constructor(directory: string) {
    super(`${directory} is in use by another jieneng process`);
  }
}

/**
 * Takes a data directory for this process. The lock is the operating system's on an open file, so it goes
 * with the process however it ends; a file with a process number in it would outlive a kill.
 * @returns how to let go
 * @throws DirectoryInUse
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const db = new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw new DirectoryInUse(directory);
    throw new Error(`${directory} cannot be locked: ${(error as Error).message}`);
  }
  return () => db.close();
}

/** Where a running server listens for commands about this directory. */
export function socketPath(directory: string): string {
  const plain = join(directory, 'control.sock');
  if (Buffer.byteLength(plain) <= SOCKET_PATH_LIMIT) return plain;
  const name = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 24);
  return join(tmpdir(), `jieneng-${name}.sock`);
}

/**
 * Looks whether a socket is of whom the data directory is of. That of a long path lies in the temporary directory, where
 * another user can put one before, to be told passwords or to give wrong figures.
 * @throws Error that names both
 */
export function demandOwn(socket: string, directory: string): void {
  const [of, wanted] = [statSync(socket).uid, statSync(directory).uid];
  if (of === wanted) return;
  throw new Error(
    `${socket} is of user ${of} and ${directory} of user ${wanted}: nothing is said to whoever listens there`,
  );
}

/** Whether somebody listens on the socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
