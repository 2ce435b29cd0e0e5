import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { BackupError, restore } from '../backup.ts';
import type {
  BackupResult,
  ImportProgress,
  Quarantine,
  RetryResult,
  VerifyProgress,
} from '../http/schemas.ts';
import { lockDirectory } from '../lock.ts';
import { copyOut, good, jsonLines } from './answers.ts';
import type { Ask } from './client.ts';
import { Failure, type Io, Misuse } from './io.ts';

/** Opens the way to a data directory: its running server, or its stores in this process. */
export type Connect = (
  directory: string | undefined,
  /** Whether a directory without data becomes one with; otherwise it is a mistake. */
  create: boolean,
) => Promise<{ ask: Ask; close(): Promise<void> }>;

export function buildProgram(io: Io, connect: Connect, version: string): Command {
  const program = new Command('jieneng')
    .description(
      'Energy-conservation supervision for public institutions. Works on a data directory, whether or not its server runs.',
    )
    .version(version)
    .option('--data <dir>', 'data directory (default: JIENENG_DATA or ./data)')
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (s) => void io.out(s), writeErr: (s) => io.err(s) });
  const data = (): string | undefined => program.opts<{ data?: string }>().data;
  const withStore = async (work: (ask: Ask) => Promise<void>, create = false): Promise<void> => {
    const { ask, close } = await connect(data(), create);
    try {
      await work(ask);
    } finally {
      await close();
    }
  };
  const sub = (parent: Command, name: string, description: string): Command =>
    parent.command(name).description(description).copyInheritedSettings(parent);

  const estate = sub(program, 'estate', 'the tree, the meters and their attributes');
  sub(estate, 'apply', 'create or update what the file names; all errors at once, all or nothing')
    .argument('<file>', "estate file, YAML or JSON; '-' reads stdin")
    .action((file: string) =>
      withStore(async (ask) => {
        const content = await readAll(file, io);
        const response = await ask('PUT', '/api/v1/estate', { type: 'application/yaml', content });
        const done = (await (await good(response)).json()) as {
          created: number;
          updated: number;
          unchanged: number;
        };
        io.err(`${done.created} created, ${done.updated} updated, ${done.unchanged} unchanged\n`);
      }, true),
    );
  sub(estate, 'export', 'print the estate file').action(() =>
    withStore(async (ask) => copyOut(await good(await ask('GET', '/api/v1/estate')), io)),
  );

  const imports = sub(program, 'import', 'bring in data from files');
  sub(imports, 'readings', 'read a CSV with the columns meter,time,value')
    .argument('<file>', "CSV file; '-' reads stdin")
    .action((file: string) => withStore((ask) => importReadings(ask, file, io)));

  const exports = sub(program, 'export', 'print data');
  sub(exports, 'consumption', 'one row per meter, or node and carrier, and period')
    .requiredOption('--from <time>', 'first instant: date, or ISO 8601')
    .requiredOption('--to <time>', 'first instant after it')
    .addOption(
      new Option('--by <level>', 'period').choices(['hour', 'day', 'month', 'year']).makeOptionMandatory(),
    )
    .option('--meter <id>', 'meter; may be repeated; without it every meter', collect)
    .option('--node <id>', 'node of the tree')
    .option('--carrier <carrier>', 'only this carrier')
    .addOption(new Option('--format <format>', 'output').choices(['csv', 'json']).default('csv'))
    .action((o: Record<string, string | string[] | undefined>) =>
      withStore(async (ask) => copyOut(await good(await ask('GET', `/api/v1/consumption?${query(o)}`)), io)),
    );
  sub(exports, 'readings', 'the raw readings of a meter')
    .requiredOption('--meter <id>', 'meter')
    .requiredOption('--from <time>', 'first instant: date, or ISO 8601')
    .requiredOption('--to <time>', 'first instant after it')
    .addOption(new Option('--format <format>', 'output').choices(['csv', 'json']).default('csv'))
    .action((o: Record<string, string>) =>
      withStore(async (ask) => copyOut(await good(await ask('GET', `/api/v1/readings?${query(o)}`)), io)),
    );

  const quarantine = sub(program, 'quarantine', 'what arrived and is no reading, or not yet');
  sub(quarantine, 'list', 'print the quarantined items as CSV, newest first')
    .option('--reason <reason>', 'only this reason')
    .option('--limit <n>', 'at most this many', '1000')
    .action((o: { reason?: string; limit: string }) =>
      withStore(async (ask) => {
        const found = await (await good(await ask('GET', `/api/v1/quarantine?${query(o)}`))).json();
        const { counts, items } = found as Quarantine;
        for (const c of counts) io.err(`${c.reason}: ${c.count}\n`);
        await io.out('id,received_at,reason,source,meter,time,value,detail\n');
        for (const i of items) {
          const cells = [i.id, i.received_at, i.reason, i.source, i.meter, i.time, i.value, i.detail];
          await io.out(`${cells.map(cell).join(',')}\n`);
        }
      }),
    );
  sub(quarantine, 'retry', 'read the quarantined items again, after the cause was mended')
    .option('--reason <reason>', 'only this reason')
    .option('--id <id>', 'only this item; may be repeated', collect)
    .action((o: { reason?: string; id?: string[] }) =>
      withStore(async (ask) => {
        const wanted: { reason?: string; ids?: number[] } = {};
        if (o.reason) wanted.reason = o.reason;
        if (o.id) wanted.ids = o.id.map(Number);
        const content = JSON.stringify(wanted);
        const answer = await ask('POST', '/api/v1/quarantine/retry', { type: 'application/json', content });
        const r = (await (await good(answer)).json()) as RetryResult;
        io.err(
          `${r.tried} tried: ${r.stored} stored, ${r.duplicate} duplicate, ${r.quarantined} quarantined again\n`,
        );
      }),
    );

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
  return program;
}

async function importReadings(ask: Ask, file: string, io: Io): Promise<void> {
  if (file !== '-' && !existsSync(resolve(io.cwd, file))) throw new Failure(`${file}: there is no such file`);
  const content = file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file));
  const name = file === '-' ? 'stdin' : basename(file);
  const path = `/api/v1/readings?name=${encodeURIComponent(name)}`;
  const response = await good(await ask('POST', path, { type: 'text/csv', content }));
  let last: ImportProgress | null = null;
  let failed: string | null = null;
  for await (const line of jsonLines<ImportProgress & { problem?: { detail?: string; title: string } }>(
    response,
  )) {
    if (line.problem) failed = line.problem.detail ?? line.problem.title;
    else last = line;
    if (io.terminal && last && !last.done) io.err(`\r${last.rows.toLocaleString('en-US')} rows …`);
  }
  if (io.terminal) io.err('\r\x1b[K');
  for (const error of last?.errors ?? []) io.err(`${error}\n`);
  if (failed !== null) throw new Failure(failed);
  if (!last?.done) throw new Failure('the import was cut off');
  io.err(`${last.stored} stored, ${last.duplicate} duplicate, ${last.quarantined} quarantined\n`);
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

async function readAll(file: string, io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  const input = file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file));
  try {
    for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function query(options: Record<string, string | string[] | undefined>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    for (const v of Array.isArray(value) ? value : [value]) if (v !== undefined) out.append(name, v);
  }
  return out.toString();
}

function collect(value: string, before: string[] = []): string[] {
  if (value === '') throw new Misuse('an id must not be empty');
  return [...before, value];
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
