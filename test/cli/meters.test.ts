import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { Body } from '../../server/cli/client.ts';
import type { Io } from '../../server/cli/io.ts';
import { buildProgram } from '../../server/cli/program.ts';
import * as contract from '../../server/http/schemas/ledger.ts';

/** The commands about meters against the contract of the routes that they ask. */

interface Asked {
  method: string;
  path: string;
  body: unknown;
}

interface Ran {
  asked: Asked[];
  out: string;
  err: string;
  /** Where the command was misused. */
  misuse: CommanderError | null;
}

const DECODER = new TextDecoder();

/** @param answers in turn, the last one again and again */
async function run(args: string[], answers: unknown, status = 200): Promise<Ran> {
  const ran: Ran = { asked: [], out: '', err: '', misuse: null };
  const io: Io = {
    out: async (text) => {
      ran.out += typeof text === 'string' ? text : DECODER.decode(text);
    },
    err: (text) => {
      ran.err += text;
    },
    terminal: false,
    stdin: (async function* () {})(),
    cwd: '/',
    environment: {},
  };
  const ask = async (method: string, path: string, body?: Body): Promise<Response> => {
    const content: unknown = body === undefined ? null : JSON.parse(body.content as string);
    if (body) expect(body.type).toBe('application/json');
    ran.asked.push({ method, path, body: content });
    const answer = Array.isArray(answers) ? answers[Math.min(ran.asked.length, answers.length) - 1] : answers;
    return new Response(JSON.stringify(answer), { status });
  };
  const program = buildProgram(io, async () => ({ ask, close: async () => {} }), '0');
  try {
    await program.parseAsync(['node', 'jieneng', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    ran.misuse = error;
  }
  return ran;
}

/** An answer that the contract allows. */
function allowed<T extends z.ZodType>(schema: T, value: z.input<T>): z.output<T> {
  return schema.parse(value);
}

const START = '2026-03-01T00:00:00+08:00';
const APRIL = '2026-04-01T00:00:00+08:00';
const EFFECT = allowed(contract.Effect, {
  meter: 'gov-main',
  unit: 'kWh',
  saved: true,
  before: 1200.1,
  after: 1320.3,
  months: [
    { start: START, before: 1200.1, after: 1310.3 },
    { start: APRIL, before: null, after: 10 },
  ],
  hours: [],
});
const STATED = ['--reason', 'display was dark', '--by', '王工'];
const BY = { reason: 'display was dark', recorded_by: '王工' };

const POSTED: [args: string[], path: string, schema: z.ZodType, body: object][] = [
  [
    ['exchange', 'record', 'gov-main', '--at', '2026-03-14T10:20:00+08:00'],
    '/api/v1/meters/gov-main/exchanges?preview=false',
    contract.ExchangeBody,
    { at: '2026-03-14T10:20:00+08:00' },
  ],
  [
    [
      ...['exchange', 'record', 'a/b', '--at', '2026-03-14', '--final', '812960', '--initial', '0'],
      ...['--multiplier', '60', '--rollover-at', '1e6', '--max-rate', '2000.5', '--continues'],
      ...['--note', 'CT 300/5', '--by', '王工', '--preview'],
    ],
    '/api/v1/meters/a%2Fb/exchanges?preview=true',
    contract.ExchangeBody,
    {
      ...{ at: '2026-03-14', final: 812_960, initial: 0, multiplier: 60, rollover_at: 1_000_000 },
      ...{ max_rate: 2000.5, continues: true, note: 'CT 300/5', recorded_by: '王工' },
    },
  ],
  [
    [
      ...['exchange', 'record', 'gov-main', '--at', '2026-03-14'],
      ...['--rollover-at', 'none', '--max-rate', 'none'],
    ],
    '/api/v1/meters/gov-main/exchanges?preview=false',
    contract.ExchangeBody,
    { at: '2026-03-14', rollover_at: null, max_rate: null },
  ],
  [
    ['reading', 'add', 'gov-main', '--time', '2026-03-14', '--value', '42.5', ...STATED],
    '/api/v1/meters/gov-main/manual-readings?preview=false',
    contract.ManualBody,
    { time: '2026-03-14', value: 42.5, ...BY },
  ],
  [
    [
      ...['estimate', 'add', 'gov-main', '--from', '2026-03-14', '--to', '2026-03-15'],
      ...['--quantity', '120', ...STATED, '--preview'],
    ],
    '/api/v1/meters/gov-main/estimates?preview=true',
    contract.EstimateBody,
    { from: '2026-03-14', to: '2026-03-15', quantity: 120, ...BY },
  ],
  [
    ['statement', 'withdraw', 'gov-main', '17', ...STATED],
    '/api/v1/meters/gov-main/statements/17/withdraw?preview=false',
    contract.WithdrawBody,
    BY,
  ],
];

test.each(POSTED)('%j', async (args, path, schema, body) => {
  const ran = await run(args, EFFECT);
  expect(ran.asked).toEqual([{ method: 'POST', path, body }]);
  expect(schema.parse(ran.asked[0]?.body)).toEqual(body);
  // 1310.3 − 1200.1; of what was unknown there is no difference.
  expect(ran.out).toBe('2026-03  1200.1 → 1310.3 kWh (+110.2)\n2026-04  unknown → 10 kWh\n');
  expect(ran.err).toBe('gov-main: 1200.1 → 1320.3 kWh (+120.2) in 2 months; saved\n');
});

test('an exchange is taken back by its instant', async () => {
  const args = ['exchange', 'remove', 'gov-main', '--at', '2026-03-14T10:20:00+08:00', '--by', '王 工'];
  const effect = {
    ...EFFECT,
    saved: false,
    before: 5,
    after: 4,
    months: [{ start: START, before: 5, after: 4 }],
  };
  const ran = await run([...args, '--preview'], effect);
  expect(ran.asked[0]?.method).toBe('DELETE');
  const asked = new URL(`http://localhost${ran.asked[0]?.path}`);
  expect(asked.pathname).toBe('/api/v1/meters/gov-main/exchanges');
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    at: '2026-03-14T10:20:00+08:00',
    preview: 'true',
    recorded_by: '王 工',
  });
  expect(ran.out).toBe('2026-03  5 → 4 kWh (-1)\n');
  expect(ran.err).toBe('gov-main: 5 → 4 kWh (-1) in 1 month; a preview, nothing was saved\n');
});

test('what changes no month says so', async () => {
  const args = ['exchange', 'record', 'gov-main', '--at', '2026-03-14'];
  const ran = await run(args, { ...EFFECT, before: null, after: null, months: [] });
  expect([ran.out, ran.err]).toEqual(['', 'gov-main: no month changes; saved\n']);
});

test('a refusal names the field', async () => {
  const problem = {
    title: 'Unprocessable content',
    detail: 'at: has an exchange already',
    errors: [{ path: 'at', message: 'has an exchange already' }],
  };
  const args = ['exchange', 'record', 'gov-main', '--at', '2026-03-14'];
  await expect(run(args, problem, 422)).rejects.toThrow('at: has an exchange already');
});

test('statements are a list for other programs, withdrawn ones included', async () => {
  const stated = { reason: 'a, "b"', recorded_by: '王工', recorded_at: APRIL };
  const statements = allowed(contract.Statements, {
    meter: 'gov-main',
    unit: 'kWh',
    statements: [
      {
        ...{ no: 1, kind: 'manual_reading', from: START, to: null, value: 1e21, quantity: null, ...stated },
        withdrawn: { by: '李工', at: APRIL, reason: 'misread' },
      },
      {
        ...{ no: 2, kind: 'estimate', from: START, to: APRIL, value: null, quantity: 1e-6, ...stated },
        withdrawn: null,
      },
    ],
  });
  const ran = await run(['statement', 'list', 'gov-main'], statements);
  expect(ran.asked).toEqual([{ method: 'GET', path: '/api/v1/meters/gov-main/statements', body: null }]);
  expect(ran.out.trimEnd().split('\n')).toEqual([
    'no,kind,from,to,value,quantity,unit,reason,recorded_by,recorded_at,withdrawn_by,withdrawn_at,withdrawn_reason',
    `1,manual_reading,${START},,1000000000000000000000,,kWh,"a, ""b""",王工,${APRIL},李工,${APRIL},misread`,
    `2,estimate,${START},${APRIL},,0.000001,kWh,"a, ""b""",王工,${APRIL},,,`,
  ]);
});

test('findings are one list of steps and clocks', async () => {
  const found = allowed(contract.Findings, {
    suspects: [
      {
        ...{ meter: 'm', name: '总进线', node: 'gov', carrier: 'electricity', unit: 'kWh', multiplier: 40 },
        verdict: 'suspected_exchange',
        previous: { time: START, value: 812_960 },
        next: { time: APRIL, value: 5000 },
        rate: null,
        ceiling: { rate: 2000, source: 'given', learned_at: null, from: null, to: null, steps: null },
      },
    ],
    clocks: [
      { ...{ meter: 'n', name: 'N', node: 'gov', trouble: 'ahead', offset_s: 90, count: 4 }, last_at: APRIL },
    ],
    totals: { suspects: 501, clocks: 1 },
  });
  const ran = await run(['findings', '--node', 'gov'], found);
  expect(ran.asked[0]?.path).toBe('/api/v1/findings?node=gov');
  expect(ran.out.trimEnd().split('\n')).toEqual([
    'kind,meter,name,node,finding,from,from_value,to,to_value,rate,ceiling,ceiling_source,unit,offset_s,count',
    `step,m,总进线,gov,suspected_exchange,${START},812960,${APRIL},5000,,2000,given,kWh,,`,
    `clock,n,N,gov,ahead,,,${APRIL},,,,,,90,4`,
  ]);
  expect(ran.err).toBe('501 steps, 1 clocks; not all are listed\n');
});

test('revisions say what changed by how much, why and through whom', async () => {
  const revision = {
    ...{ no: 3, meter: 'm', name: 'M', node: 'gov', unit: 'kWh', at: APRIL, month: START, from: START },
    ...{ to: APRIL, hours: 744, before: null, after: 12.5 },
  };
  const newest = allowed(contract.Revisions, {
    revisions: [
      {
        ...revision,
        causes: ['late', 'description'],
        change: { author: '王工', source: 'exchange', at: APRIL },
      },
    ],
    more: true,
  });
  const rest = allowed(contract.Revisions, {
    revisions: [{ ...revision, no: 2, causes: ['judgement'], change: null }],
    more: false,
  });
  const of = ['--meter', 'm', '--node', 'gov', '--from', '2026-03-01', '--to', '2026-04-01'];
  const ran = await run(['export', 'revisions', ...of], [newest, rest]);
  const path = '/api/v1/revisions?meter=m&node=gov&from=2026-03-01&to=2026-04-01&limit=1000';
  expect(ran.asked.map((a) => a.path)).toEqual([path, `${path}&before=3`]);
  expect(ran.out.trimEnd().split('\n')).toEqual([
    'no,at,meter,month,from,to,hours,before,after,unit,causes,author,source,changed_at',
    `3,${APRIL},m,2026-03,${START},${APRIL},744,,12.5,kWh,late description,王工,exchange,${APRIL}`,
    `2,${APRIL},m,2026-03,${START},${APRIL},744,,12.5,kWh,judgement,,,`,
  ]);
  expect(ran.err).toBe('');
});

test.each([
  [['exchange', 'record', 'm'], "required option '--at <time>' not specified"],
  [['exchange', 'record', 'm', '--at', 'x', '--final', 'much'], 'It must be a number.'],
  [['exchange', 'record', 'm', '--at', 'x', '--final', ''], 'It must be a number.'],
  [['exchange', 'record', 'm', '--at', 'x', '--final', 'none'], 'It must be a number.'],
  [['exchange', 'record', '--at', 'x'], "missing required argument 'meter'"],
  [['exchange', 'remove', 'm'], "required option '--at <time>' not specified"],
  [['reading', 'add', 'm', '--time', 'x', '--value', '1', '--by', 'me'], "required option '--reason <text>'"],
  [['estimate', 'add', 'm', '--from', 'x', '--to', 'y', ...STATED], "required option '--quantity <n>'"],
  [['statement', 'withdraw', 'm', 'first', ...STATED], 'It must be a number.'],
  [['statement', 'withdraw', 'm', '1', '--reason', 'x'], "required option '--by <name>'"],
])('%j is misuse, and nothing is asked', async (args, message) => {
  const ran = await run(args, {});
  expect(ran.misuse?.exitCode).not.toBe(0);
  expect(ran.err).toContain(message);
  expect(ran.asked).toEqual([]);
});
