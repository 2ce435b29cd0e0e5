import { type Command, InvalidArgumentError } from 'commander';
import { csvNumber } from '../http/csv.ts';
import type {
  Effect,
  EstimateBody,
  ExchangeBody,
  Findings,
  ManualBody,
  Statements,
  WithdrawBody,
} from '../http/schemas/ledger.ts';
import { good } from './answers.ts';
import type { Ask } from './client.ts';
import { type Context, csvLine, query } from './context.ts';
import type { Io } from './io.ts';

/** What an engineer writes down about a meter, and what is to be looked into. */
export function addMeterCommands(program: Command, context: Context): void {
  addExchange(program, context);
  addStatements(program, context);
  const { io, sub, withStore } = context;
  sub(program, 'findings', 'print steps that nothing is counted across, and clocks that are wrong, as CSV')
    .option('--node <id>', 'only at this node of the tree and below it')
    .action((o: { node?: string }) => withStore((ask) => findings(ask, o, io)));
}

interface ExchangeOptions {
  at: string;
  final?: number;
  initial?: number;
  multiplier?: number;
  rolloverAt?: number | 'none';
  maxRate?: number | 'none';
  continues?: boolean;
  note?: string;
  by?: string;
  preview?: boolean;
}

function addExchange(program: Command, { io, sub, withStore }: Context): void {
  const exchange = sub(program, 'exchange', 'the end of one device at a meter and the start of the next');
  sub(exchange, 'record', 'write down an exchange; what is left out stays as it was')
    .argument('<meter>', 'id of the meter')
    .requiredOption('--at <time>', 'when: ISO 8601')
    .option('--final <n>', 'last register of the old device', number)
    .option('--initial <n>', 'first register of the new device', number)
    .option('--multiplier <n>', 'CT × PT, or quantity per pulse', number)
    .option('--rollover-at <n>', "the new register returns to 0 there; 'none': not known", numberOrNone)
    .option('--max-rate <n>', "highest plausible quantity per hour; 'none': not known", numberOrNone)
    .option('--continues', 'the device stays and its register goes on, e.g. with other transformers')
    .option('--note <text>', 'e.g. the number of the seal')
    .option('--by <name>', 'who records it')
    .option('--preview', 'print what it would change, and write nothing down')
    .action((meter: string, o: ExchangeOptions) => {
      const body: ExchangeBody = {
        at: o.at,
        final: o.final,
        initial: o.initial,
        multiplier: o.multiplier,
        rollover_at: orNull(o.rolloverAt),
        max_rate: orNull(o.maxRate),
        continues: o.continues,
        note: o.note,
        recorded_by: o.by,
      };
      const path = `${meterPath(meter)}/exchanges?${query({ preview: String(o.preview ?? false) })}`;
      return withStore(async (ask) => printEffect(await post(ask, path, body), io));
    });
  sub(exchange, 'remove', 'take an exchange back: the device before it goes on as it was')
    .argument('<meter>', 'id of the meter')
    .requiredOption('--at <time>', 'when: ISO 8601')
    .option('--by <name>', 'who takes it back')
    .option('--preview', 'print what it would change, and write nothing down')
    .action((meter: string, o: { at: string; by?: string; preview?: boolean }) => {
      const asked = query({ at: o.at, preview: String(o.preview ?? false), recorded_by: o.by });
      return withStore(async (ask) =>
        printEffect(await ask('DELETE', `${meterPath(meter)}/exchanges?${asked}`), io),
      );
    });
}

interface Stated {
  reason: string;
  by: string;
  preview?: boolean;
}

function addStatements(program: Command, context: Context): void {
  const { io, sub, withStore } = context;
  /** With the options that every statement has. */
  const stating = (parent: Command, name: string, description: string): Command =>
    sub(parent, name, description)
      .argument('<meter>', 'id of the meter')
      .requiredOption('--reason <text>', 'why')
      .requiredOption('--by <name>', 'who says so')
      .option('--preview', 'print what it would change, and write nothing down');

  const reading = sub(program, 'reading', 'registers that were read by eye');
  stating(reading, 'add', 'enter a register that was read by eye')
    .requiredOption('--time <time>', 'when: ISO 8601')
    .requiredOption('--value <n>', 'what the register showed, before the multiplier', number)
    .action((meter: string, o: Stated & { time: string; value: number }) => {
      const body: ManualBody = { time: o.time, value: o.value, reason: o.reason, recorded_by: o.by };
      const path = `${meterPath(meter)}/manual-readings?${query({ preview: String(o.preview ?? false) })}`;
      return withStore(async (ask) => printEffect(await post(ask, path, body), io));
    });

  const estimate = sub(program, 'estimate', 'what a person says was used where no meter tells');
  stating(estimate, 'add', 'enter an estimate')
    .requiredOption('--from <time>', 'first instant: date, or ISO 8601')
    .requiredOption('--to <time>', 'first instant after it')
    .requiredOption('--quantity <n>', "in the meter's unit, after the multiplier", number)
    .action((meter: string, o: Stated & { from: string; to: string; quantity: number }) => {
      const { from, to, quantity, reason } = o;
      const body: EstimateBody = { from, to, quantity, reason, recorded_by: o.by };
      const path = `${meterPath(meter)}/estimates?${query({ preview: String(o.preview ?? false) })}`;
      return withStore(async (ask) => printEffect(await post(ask, path, body), io));
    });

  const statement = sub(program, 'statement', 'readings by eye and estimates of a meter');
  sub(statement, 'list', 'print them as CSV, withdrawn ones too')
    .argument('<meter>', 'id of the meter')
    .action((meter: string) => withStore((ask) => listStatements(ask, meter, io)));
  stating(statement, 'withdraw', 'take one back; it stays in the list')
    .argument('<no>', 'its number in the list', number)
    .action((meter: string, no: number, o: Stated) => {
      const body: WithdrawBody = { reason: o.reason, recorded_by: o.by };
      const asked = query({ preview: String(o.preview ?? false) });
      const path = `${meterPath(meter)}/statements/${no}/withdraw?${asked}`;
      return withStore(async (ask) => printEffect(await post(ask, path, body), io));
    });
}

async function listStatements(ask: Ask, meter: string, io: Io): Promise<void> {
  const answer = await good(await ask('GET', `${meterPath(meter)}/statements`));
  const { unit, statements } = (await answer.json()) as Statements;
  await io.out(
    'no,kind,from,to,value,quantity,unit,reason,recorded_by,recorded_at,withdrawn_by,withdrawn_at,withdrawn_reason\n',
  );
  for (const s of statements) {
    const stated = [s.no, s.kind, s.from, s.to, s.value, s.quantity, unit, s.reason];
    const { by, at, reason } = s.withdrawn ?? {};
    await io.out(csvLine([...stated, s.recorded_by, s.recorded_at, by, at, reason]));
  }
}

async function findings(ask: Ask, options: { node?: string }, io: Io): Promise<void> {
  const answer = await good(await ask('GET', `/api/v1/findings?${query({ ...options })}`));
  const { suspects, clocks, totals } = (await answer.json()) as Findings;
  await io.out(
    'kind,meter,name,node,finding,from,from_value,to,to_value,rate,ceiling,ceiling_source,unit,offset_s,count\n',
  );
  for (const s of suspects) {
    const step = [s.previous.time, s.previous.value, s.next.time, s.next.value, s.rate];
    const ceiling = [s.ceiling?.rate, s.ceiling?.source];
    const what = ['step', s.meter, s.name, s.node, s.verdict];
    await io.out(csvLine([...what, ...step, ...ceiling, s.unit, null, null]));
  }
  for (const c of clocks) {
    const what = ['clock', c.meter, c.name, c.node, c.trouble];
    const nothing = [null, null, null, null, null];
    await io.out(csvLine([...what, null, null, c.last_at, ...nothing, c.offset_s, c.count]));
  }
  const cut =
    suspects.length < totals.suspects || clocks.length < totals.clocks ? '; not all are listed' : '';
  io.err(`${totals.suspects} steps, ${totals.clocks} clocks${cut}\n`);
}

/** A line for each month that changes; then, as a message, what changes in all. */
async function printEffect(response: Response, io: Io): Promise<void> {
  const effect = (await (await good(response)).json()) as Effect;
  const { meter, unit, months, saved } = effect;
  for (const m of months) {
    await io.out(`${m.start.slice(0, 7)}  ${moved(m.before, m.after, unit)}\n`);
  }
  const what =
    months.length === 0
      ? 'no month changes'
      : `${moved(effect.before, effect.after, unit)} in ${months.length} ${months.length === 1 ? 'month' : 'months'}`;
  io.err(`${meter}: ${what}; ${saved ? 'saved' : 'a preview, nothing was saved'}\n`);
}

function moved(before: number | null, after: number | null, unit: string): string {
  const shown = (n: number | null): string => (n === null ? 'unknown' : csvNumber(n));
  const both = `${shown(before)} → ${shown(after)} ${unit}`;
  if (before === null || after === null) return both;
  // Quantities are whole millionths; their difference as binary fractions is not.
  const difference = Math.round((after - before) * 1e6) / 1e6;
  return `${both} (${difference > 0 ? '+' : ''}${csvNumber(difference)})`;
}

function meterPath(id: string): string {
  return `/api/v1/meters/${encodeURIComponent(id)}`;
}

function post(ask: Ask, path: string, body: object): Promise<Response> {
  return ask('POST', path, { type: 'application/json', content: JSON.stringify(body) });
}

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** Not null: the parser of the options would make an empty text of it. */
function numberOrNone(text: string): number | 'none' {
  return text === 'none' ? text : number(text);
}

function orNull(value: number | 'none' | undefined): number | null | undefined {
  return value === 'none' ? null : value;
}
