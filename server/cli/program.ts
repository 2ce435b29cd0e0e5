import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { inert } from '../http/csv.ts';
import type { Revisions } from '../http/schemas/ledger.ts';
import type { Quarantine, RetryResult } from '../http/schemas/quarantine.ts';
import type { ImportProgress } from '../http/schemas/readings.ts';
import { addAccountCommands } from './accounts.ts';
import { copyOut, good, jsonLines } from './answers.ts';
import { addBatchCommand } from './batch.ts';
import { addBookCommands } from './book.ts';
import type { Ask } from './client.ts';
import { type Connect, type Context, collect, csvLine, query } from './context.ts';
import { addDeviceCommands } from './devices.ts';
import { addFormCommands } from './forms.ts';
import { Failure, type Io, readAll } from './io.ts';
import { addMeterCommands } from './meters.ts';
import { addPolicyCommands } from './policy.ts';
import { addReportCommand } from './reports.ts';
import { addUpkeep } from './upkeep.ts';

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
  const withStore: Context['withStore'] = async (work, create = false) => {
    const { ask, close } = await connect(data(), create);
    try {
      await work(ask);
    } finally {
      await close();
    }
  };
  const sub: Context['sub'] = (parent, name, description) =>
    parent.command(name).description(description).copyInheritedSettings(parent);
  const context: Context = { io, data, withStore, sub };

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
  sub(exports, 'revisions', 'hours that changed after they had been shown, newest first, as CSV')
    .option('--meter <id>', 'only of this meter')
    .option('--node <id>', 'only of meters at this node of the tree and below it')
    .option('--from <time>', 'only what touches the time from here on: date, or ISO 8601')
    .option('--to <time>', 'and before here')
    .action((o: Record<string, string>) => withStore((ask) => revisions(ask, o, io)));

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
          // Whatever a device called its meter is no formula.
          const [source, meter, detail] = [i.source, i.meter ?? '', i.detail].map(inert);
          await io.out(csvLine([i.id, i.received_at, i.reason, source, meter, i.time, i.value, detail]));
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

  addDeviceCommands(program, context);
  addMeterCommands(program, context);
  addPolicyCommands(program, context);
  addBookCommands(program, context);
  addReportCommand(program, context);
  addFormCommands(program, context);
  addBatchCommand(program, context);
  addAccountCommands(program, context);
  addUpkeep(program, context);
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

async function revisions(ask: Ask, options: Record<string, string>, io: Io): Promise<void> {
  await io.out('no,at,meter,month,from,to,hours,before,after,unit,causes,author,source,changed_at\n');
  let before: string | undefined;
  do {
    const asked = query({ ...options, limit: '1000', before });
    const answer = await good(await ask('GET', `/api/v1/revisions?${asked}`));
    const { revisions, more } = (await answer.json()) as Revisions;
    for (const r of revisions) {
      const which = [r.no, r.at, r.meter, r.month.slice(0, 7), r.from, r.to, r.hours];
      const why = [r.causes.join(' '), r.change?.author, r.change?.source, r.change?.at];
      await io.out(csvLine([...which, r.before, r.after, r.unit, ...why]));
    }
    const last = revisions.at(-1);
    before = more && last ? String(last.no) : undefined;
  } while (before !== undefined);
}
