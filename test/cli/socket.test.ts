import { chownSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { answers, demandOwn, socketPath } from '../../server/lock.ts';
import { directory } from '../support/directory.ts';

const LONG = 'a-directory-with-a-long-name'.repeat(4);

test('the socket of a long path lies elsewhere, and is the same for the same directory', () => {
  const at = directory();
  expect(socketPath(at)).toBe(join(at, 'control.sock'));
  const long = join(at, LONG);
  expect(socketPath(long)).toBe(socketPath(join(long, 'x', '..')));
  expect(Buffer.byteLength(socketPath(long))).toBeLessThanOrEqual(100);
  expect(socketPath(long)).not.toBe(socketPath(`${long}2`));
});

test('a socket that another user has put there is told nothing', async () => {
  const at = join(directory(), LONG);
  mkdirSync(at);
  const socket = socketPath(at);
  const other = createServer().listen(socket);
  onTestFinished(() => void other.close());
  await expect.poll(() => answers(socket)).toBe(true);
  expect(() => demandOwn(socket, at)).not.toThrow();
  // Only root may give a directory away.
  if (process.getuid?.() !== 0) return;
  chownSync(at, 65_534, 65_534);
  expect(() => demandOwn(socket, at)).toThrow(/is of user 0 and .* of user 65534/);
});
