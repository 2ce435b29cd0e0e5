import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { copyOut, good } from './answers.ts';
import { type Context, query } from './context.ts';
import { Failure } from './io.ts';

interface Options {
  node: string;
  period: string;
  edition?: string;
  as: string;
  out?: string;
}

/** 公共机构能源资源消费统计 of a node and period. */
export function addFormCommands(program: Command, { io, sub, withStore }: Context): void {
  const forms = sub(program, 'forms', 'the statistics forms of institutions and regions');
  sub(forms, 'export', 'write the forms of a node and period, filled in')
    .requiredOption('--node <id>', 'institution or region')
    .requiredOption('--period <period>', 'such as 2026, 2026-Q3 or 2026-12')
    .option('--edition <id>', 'edition of the statistics (default: the one that holds at the end)')
    .addOption(new Option('--as <form>', 'what it is written as').choices(['xlsx', 'json']).default('xlsx'))
    .option('--out <file>', "file to write; '-' is stdout (default: forms-NODE-PERIOD.FORM)")
    .action((o: Options) =>
      withStore(async (ask) => {
        const { out = `forms-${o.node}-${o.period}.${o.as}`, ...asked } = o;
        const answer = await good(await ask('GET', `/api/v1/forms?${query({ ...asked })}`));
        if (out === '-') return copyOut(answer, io);
        try {
          await writeFile(resolve(io.cwd, out), new Uint8Array(await answer.arrayBuffer()));
        } catch (error) {
          throw new Failure(`${out}: ${error instanceof Error ? error.message : String(error)}`);
        }
        io.err(`${out} written\n`);
      }),
    );
}
