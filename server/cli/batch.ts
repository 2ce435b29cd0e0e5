import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Batch } from '../http/schemas/batches.ts';
import { BATCH_FORMS } from '../reporting/batch.ts';
import { REPORT_KINDS, REPORT_LANGUAGES } from '../reporting/model.ts';
import { copyOut, good } from './answers.ts';
import type { Ask } from './client.ts';
import type { Context } from './context.ts';
import { Failure } from './io.ts';

const POLL_MS = 300;

interface Options {
  node: string;
  month: string;
  kind: string;
  form: string[];
  language: string;
  out?: string;
}

/** The reports of all institutions of a region in one go. */
export function addBatchCommand(program: Command, { io, sub, withStore }: Context): void {
  sub(program, 'batch', 'the reports of every institution at a node and below it, as one archive')
    .requiredOption('--node <id>', 'node of the tree')
    .requiredOption('--month <month>', 'such as 2026-12')
    .addOption(new Option('--kind <kind>', 'which report').choices(REPORT_KINDS).default('monthly'))
    .addOption(
      new Option('--form <form...>', 'what they are made as').choices(BATCH_FORMS).default([...BATCH_FORMS]),
    )
    .addOption(new Option('--language <language>', 'their language').choices(REPORT_LANGUAGES).default('zh'))
    .option('--out <file>', "file to write; '-' is stdout (default: reports-NODE-MONTH.zip)")
    .action(({ form, out, ...asked }: Options) =>
      withStore(async (ask) => {
        const content = JSON.stringify({ ...asked, forms: form });
        const answer = await good(
          await ask('POST', '/api/v1/batches', { type: 'application/json', content }),
        );
        const batch = await watched(ask, (await answer.json()) as Batch, (b) => {
          if (io.terminal) io.err(`\r${b.done} of ${b.total} `);
        });
        if (io.terminal) io.err('\r');
        for (const { node, message } of batch.failures) io.err(`${node}: ${message}\n`);
        if (batch.state !== 'done')
          throw new Failure(`the batch is ${batch.state}${batch.error ? `: ${batch.error}` : ''}`);
        const archive = await good(await ask('GET', `/api/v1/batches/${batch.id}/archive`));
        const file = out ?? `reports-${asked.node}-${asked.month}.zip`;
        if (file === '-') return copyOut(archive, io);
        await written(archive, resolve(io.cwd, file), file);
        io.err(`${batch.done} of ${batch.total} institutions in ${file}\n`);
        if (batch.failures.length > 0)
          throw new Failure(`${batch.failures.length} reports could not be made`);
      }),
    );
}

/** Until it is over. */
async function watched(ask: Ask, batch: Batch, tell: (b: Batch) => void): Promise<Batch> {
  let now = batch;
  while (now.state === 'waiting' || now.state === 'running') {
    tell(now);
    await wait(POLL_MS);
    now = (await (await good(await ask('GET', `/api/v1/batches/${now.id}`))).json()) as Batch;
  }
  return now;
}

async function written(answer: Response, path: string, name: string): Promise<void> {
  try {
    await pipeline(
      Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(path),
    );
  } catch (error) {
    throw new Failure(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
