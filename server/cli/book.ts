import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { BookImport, BookMonths } from '../http/schemas/book.ts';
import { copyOut, good } from './answers.ts';
import { type Context, csvLine, query } from './context.ts';
import { Failure } from './io.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The book (台账): what people enter of a month. */
export function addBookCommands(program: Command, { io, sub, withStore }: Context): void {
  const book = sub(program, 'book', 'what people enter of a month: bills, fuel, cost');
  sub(book, 'template', 'write the book of some months to stdout as a workbook to fill in')
    .requiredOption('--node <id>', 'node of the tree')
    .requiredOption('--from <month>', 'first month, 2026-01', monthOf)
    .requiredOption('--to <month>', 'last month', monthOf)
    .action((o: Record<string, string>) =>
      withStore(async (ask) =>
        copyOut(await good(await ask('GET', `/api/v1/book/template?${query(o)}`)), io),
      ),
    );
  sub(book, 'import', 'enter what a workbook says; all errors at once with their cells, all or nothing')
    .argument('<file>', "workbook (.xlsx); '-' reads stdin")
    .requiredOption('--node <id>', 'node whose book it is')
    .requiredOption('--by <name>', 'who answers for it')
    .option('--preview', 'say what would be entered, and enter nothing')
    .action((file: string, o: { node: string; by: string; preview?: boolean }) =>
      withStore(async (ask) => {
        if (file !== '-' && !existsSync(resolve(io.cwd, file))) {
          throw new Failure(`${file}: there is no such file`);
        }
        const content = file === '-' ? io.stdin : createReadStream(resolve(io.cwd, file));
        const asked = query({
          node: o.node,
          recorded_by: o.by,
          name: file === '-' ? 'stdin' : basename(file),
          preview: String(o.preview ?? false),
        });
        const answer = await ask('POST', `/api/v1/book/import?${asked}`, { type: XLSX, content });
        const done = (await (await good(answer)).json()) as BookImport;
        for (const f of done.faults) io.err(`${done.sheet}!${f.cell}: ${f.message}\n`);
        if (done.faults.length > 0) throw new Failure(`${done.faults.length} mistakes; nothing was entered`);
        const verb = o.preview ? 'would be entered' : 'entered';
        io.err(`${done.rows} rows: ${done.saved} ${verb}, ${done.unchanged} unchanged\n`);
      }),
    );
  sub(book, 'export', 'print quantity, cost and price of each carrier and month as CSV')
    .requiredOption('--node <id>', 'node of the tree')
    .requiredOption('--from <month>', 'first month, 2026-01', monthOf)
    .requiredOption('--to <month>', 'last month', monthOf)
    .action((o: Record<string, string>) =>
      withStore(async (ask) => {
        const answer = await good(await ask('GET', `/api/v1/book/months?${query(o)}`));
        const { node, months } = (await answer.json()) as BookMonths;
        await io.out('node,month,carrier,quantity,unit,booked,completeness,cost,price,origin\n');
        for (const { month, totals } of months) {
          for (const t of totals) {
            const figures = [t.quantity, t.unit, t.booked, t.completeness, t.cost, t.price];
            await io.out(csvLine([node, month, t.carrier, ...figures, t.origin]));
          }
        }
      }),
    );
}

function monthOf(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a month like 2026-12.');
}
