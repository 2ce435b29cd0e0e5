import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { REPORT_KINDS, REPORT_LANGUAGES } from '../reporting/model.ts';
import { copyOut, good } from './answers.ts';
import { type Context, query } from './context.ts';
import { Failure } from './io.ts';

const FORMS = ['json', 'html', 'docx', 'xlsx'];

interface Options {
  node: string;
  month: string;
  kind: string;
  as: string;
  language: string;
  head: string;
  out?: string;
}

/** Reports of a node and month, computed now. */
export function addReportCommand(program: Command, { io, sub, withStore }: Context): void {
  sub(program, 'report', 'the report of a node and month, as data or as a document')
    .requiredOption('--node <id>', 'node of the tree')
    .requiredOption('--month <month>', 'such as 2026-12')
    .addOption(new Option('--kind <kind>', 'which report').choices(REPORT_KINDS).default('monthly'))
    .addOption(new Option('--as <form>', 'what it is made as').choices(FORMS).default('docx'))
    .addOption(new Option('--language <language>', 'its language').choices(REPORT_LANGUAGES).default('zh'))
    .addOption(new Option('--head <head>', 'red: with a red head').choices(['plain', 'red']).default('plain'))
    .option('--out <file>', "file to write; '-' is stdout (default: KIND-NODE-MONTH.FORM)")
    .action((o: Options) =>
      withStore(async (ask) => {
        const { kind, out = `${o.kind}-${o.node}-${o.month}.${o.as}`, ...asked } = o;
        const answer = await good(await ask('GET', `/api/v1/reports/${kind}?${query({ ...asked })}`));
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
