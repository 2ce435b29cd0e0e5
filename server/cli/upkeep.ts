import { resolve } from 'node:path';
import type { Command } from 'commander';
import { BackupError, restore } from '../backup.ts';
import type { BackupResult, VerifyProgress } from '../http/schemas/health.ts';
import { lockDirectory } from '../lock.ts';
import { good, jsonLines } from './answers.ts';
import type { Ask } from './client.ts';
import type { Context } from './context.ts';
import { Failure, type Io } from './io.ts';

/** Commands that look after a data directory as a whole. */
export function addUpkeep(program: Command, { io, data, sub, withStore }: Context): void {
  sub(program, 'verify', 'compare what is stored with what it was made from; exit 1 where they differ')
    .requiredOption('--recompute', 'all consumption, computed again from the raw readings')
    .action(() => withStore((ask) => verifyRecompute(ask, io)));
  sub(program, 'backup', 'write a consistent copy into an empty directory; works while the server runs')
    .argument('<dir>', 'directory')
    .action((dir: string) =>
      withStore(async (ask) => {
        const content = JSON.stringify({ directory: resolve(io.cwd, dir) });
        const answer = await ask('POST', '/api/v1/backup', { type: 'application/json', content });
        const { files, bytes } = (await (await good(answer)).json()) as BackupResult;
        io.err(`${files.length} files, ${bytes} bytes in ${resolve(io.cwd, dir)}\n`);
      }),
    );
  sub(program, 'restore', 'put a backup into an empty data directory, checked first')
    .argument('<dir>', 'directory of the backup')
    .action(async (dir: string) => {
      const to = resolve(io.cwd, data() ?? io.environment.JIENENG_DATA ?? './data');
      const release = lockDirectory(to);
      try {
        const { files, made_at } = await restore(resolve(io.cwd, dir), to);
        io.err(`${files.length} files of ${made_at} restored into ${to}\n`);
      } catch (error) {
        throw error instanceof BackupError ? new Failure(error.message) : error;
      } finally {
        release();
      }
    });
}

async function verifyRecompute(ask: Ask, io: Io): Promise<void> {
  const response = await good(
    await ask('POST', '/api/v1/verify', { type: 'application/json', content: '{}' }),
  );
  let last: VerifyProgress | null = null;
  for await (const line of jsonLines<VerifyProgress & { problem?: { detail?: string; title: string } }>(
    response,
  )) {
    if (line.problem) throw new Failure(line.problem.detail ?? line.problem.title);
    last = line;
    if (io.terminal) io.err(`\r${last.compared} of ${last.total} months of meters …`);
  }
  if (io.terminal) io.err('\r\x1b[K');
  if (!last?.done) throw new Failure('the comparison was cut off');
  for (const d of last.differences) {
    const shown = (n: number | null): string => (n === null ? 'nothing' : String(n));
    io.err(
      `${d.meter}, ${d.level} of ${d.start}: stored ${shown(d.stored)}, computed ${shown(d.computed)}\n`,
    );
  }
  if (last.differing > 0) throw new Failure(`${last.differing} differ in ${last.compared} months of meters`);
  io.err(`${last.compared} months of meters compared, none differs\n`);
}
