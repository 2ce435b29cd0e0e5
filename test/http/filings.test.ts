import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  FilingCheck,
  FilingDetail,
  FilingReminders,
  FilingRevision,
  Filings,
} from '../../server/http/schemas/filings.ts';
import { frozenFiling, frozenReport } from '../../server/reporting/filing/read.ts';
import { monthlyRig } from '../reporting/monthly-rig.ts';
import type { Rig } from './rig.ts';

const ID = 'gov:monthly:2026-10';
const KEY = { node: 'gov', form: 'monthly', period: '2026-10' } as const;

/** What the institution used is within its quota, so that only the people are to be explained. */
const QUIET = { 'gov-el': () => 30_000, 'gov-a': () => 15_000, 'gov-b': () => 10_000 };

interface Answer {
  status: number;
  body: unknown;
}

async function send(r: Rig, path: string, body: object): Promise<Answer> {
  const response = await r.app.request(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const step = (r: Rig, from: string, action: string, remark = '', id = ID): Promise<Answer> =>
  send(r, `/filings/${id}/steps`, { from, action, by: action === 'submit' ? '李四' : '王五', remark });

const detail = async (r: Rig, id = ID): Promise<FilingDetail> =>
  FilingDetail.parse((await r.get(`/api/v1/filings/${id}`)).body);

const explain = (r: Rig, check: string, text = '9 月底一个部门搬走', id = ID): Promise<Answer> =>
  send(r, `/filings/${id}/explanations`, { month: '2026-10', check, text, by: '李四' });

test('a month is checked, explained, submitted, returned, submitted again, accepted and published', async () => {
  const r = await monthlyRig(QUIET);
  const draft = await detail(r);
  expect([draft.state, draft.ended, draft.due_state, draft.due?.date]).toEqual([
    'draft',
    true,
    'late',
    '2026-11-10',
  ]);
  expect(draft.source?.confidence).toBe('unconfirmed');
  // 240 people after 300 are 20 % less.
  const musts = draft.checks.filter((c) => c.check.severity === 'must');
  expect(musts.map((c) => [c.check.id, c.state])).toEqual([['people_changed', 'open']]);
  expect(draft.holding).toBe(1);
  expect(draft.hash).toBeNull();

  const refused = await step(r, 'draft', 'submit');
  expect(refused.status).toBe(422);
  expect(JSON.stringify(refused.body)).toContain('2026-10/people_changed');
  expect(r.catalogue.filings.get(KEY)).toBeUndefined();

  expect((await explain(r, 'no_such_check')).status).toBe(400);
  const said = FilingCheck.parse((await explain(r, 'people_changed')).body);
  expect(said).toMatchObject({
    state: 'explained',
    explanation: { text: '9 月底一个部门搬走', by: '李四', at: '2026-11-18T12:00:00+08:00', value: 240 },
  });

  const submitted = FilingDetail.parse((await step(r, 'draft', 'submit')).body);
  expect(submitted).toMatchObject({ state: 'submitted', due_state: 'filed_late', holding: 0 });
  expect(submitted.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(submitted.reports).toEqual([
    { kind: 'monthly', month: '2026-10' },
    { kind: 'brief', month: '2026-10' },
  ]);
  // What is with the bureau is not explained behind its back.
  expect((await explain(r, 'people_changed', '另一种说法')).status).toBe(409);

  expect((await step(r, 'submitted', 'return')).status).toBe(400);
  r.clock('2026-11-18T13:00:00+08:00');
  expect(FilingDetail.parse((await step(r, 'submitted', 'return', '请核对用水')).body).state).toBe(
    'returned',
  );
  // Two at the bureau: the second finds that it is not what he saw.
  const late = await step(r, 'submitted', 'accept');
  expect([late.status, JSON.stringify(late.body)]).toEqual([409, expect.stringContaining('returned by now')]);

  expect(FilingDetail.parse((await step(r, 'returned', 'submit')).body).state).toBe('submitted');
  expect(FilingDetail.parse((await step(r, 'submitted', 'accept')).body).allowed).toEqual([
    { action: 'return', side: 'bureau' },
    { action: 'publish', side: 'bureau' },
  ]);
  const published = FilingDetail.parse((await step(r, 'accepted', 'publish')).body);
  expect(published.allowed).toEqual([]);
  expect(published.steps.map((s) => [s.action, s.by, s.remark, s.at.slice(11, 13)])).toEqual([
    ['submit', '李四', '', '12'],
    ['return', '王五', '请核对用水', '13'],
    ['submit', '李四', '', '13'],
    ['accept', '王五', '', '13'],
    ['publish', '王五', '', '13'],
  ]);
  expect((await step(r, 'published', 'return', '为时已晚')).status).toBe(400);
  // What was explained when it was filed stands beside it for ever.
  expect(published.checks[0]).toMatchObject({ check: { id: 'people_changed' }, state: 'explained' });
});

test('an explanation of a figure that became another one is to be given anew', async () => {
  const r = await monthlyRig(QUIET);
  await explain(r, 'people_changed');
  expect((await detail(r)).holding).toBe(0);
  // 150 instead of 240: half of the 300 of a year ago, and not a fifth less.
  const people = [
    { from: '2023-01-01', value: 300 },
    { from: '2026-10-01', value: 150 },
  ];
  r.catalogue.changeNode('gov', { attribute: 'people', values: people }, 'test', 'test');
  const [check] = (await detail(r)).checks;
  expect(check).toMatchObject({ state: 'open', explanation: { value: 240, text: '9 月底一个部门搬走' } });
  expect((await step(r, 'draft', 'submit')).status).toBe(422);
});

test('a late reading after filing changes nothing in what was filed, and the revision names it', async () => {
  const r = await monthlyRig({ ...QUIET, 'gov-water': (month) => (month === '2026-10' ? null : 500) });
  // 33 months × 500 m³ until 1 October; 600 m³ more on 10 November, of which 31 of 40 days are October’s.
  await r.feed([['gov-water', '2026-11-10T00:00:00+08:00', 33 * 500 + 600]]);
  for (const { check } of (await detail(r)).checks) await explain(r, check.id);
  expect((await step(r, 'draft', 'submit')).status).toBe(200);
  const store = r.catalogue.filings;
  const filed = frozenFiling(store, KEY);
  expect(filed?.filing.reports.map((f) => `${f.kind} ${f.month} ${f.language}`)).toEqual([
    'monthly 2026-10 zh',
    'monthly 2026-10 en',
    'brief 2026-10 zh',
    'brief 2026-10 en',
  ]);
  const revision = async (language: string): Promise<FilingRevision> =>
    FilingRevision.parse((await r.get(`/api/v1/filings/${ID}/revision?language=${language}`)).body);
  expect(await revision('zh')).toMatchObject({ reports: [], causes: [], hash: filed?.hash });

  await r.feed([['gov-water', '2026-11-01T00:00:00+08:00', 33 * 500 + 500]]);
  expect(frozenFiling(store, KEY)).toEqual(filed);
  expect((await detail(r)).hash).toBe(filed?.hash);

  // The document is the one that was filed, whatever the data say by now.
  const shown = await r.get(`/api/v1/filings/${ID}/reports/monthly`);
  expect(shown.body).toEqual(filed?.filing.reports[0]);
  const live = await r.get('/api/v1/reports/monthly?node=gov&month=2026-10');
  expect(JSON.stringify(live.body)).not.toBe(JSON.stringify(shown.body));

  for (const language of ['zh', 'en']) {
    const found = await revision(language);
    const figures = found.reports.flatMap((report) => report.figures);
    // 600 m³ × 31 / 40 were apportioned to October; the reading says 500.
    const row = language === 'zh' ? '水' : expect.stringMatching(/water/i);
    expect(figures).toContainEqual(expect.objectContaining({ row, before: 465, after: 500, absent: null }));
    expect(found.causes).toContainEqual(
      expect.objectContaining({
        kind: 'readings',
        revision: expect.objectContaining({ meter: 'gov-water', causes: ['late'] }),
      }),
    );
  }
});

test('what people change after filing is named as the cause of what differs', async () => {
  const r = await monthlyRig(QUIET);
  await explain(r, 'people_changed');
  await step(r, 'draft', 'submit');
  r.clock('2026-11-18T12:30:00+08:00');
  r.catalogue.changeNode(
    'gov',
    { attribute: 'floor_area_m2', values: [{ from: '2023-01-01', value: 12_000 }] },
    '赵六',
    'entered',
  );
  // Of another institution, which this report does not tell of.
  r.catalogue.changeNode(
    'tax',
    { attribute: 'people', values: [{ from: '2023-01-01', value: 60 }] },
    '赵六',
    'entered',
  );
  const found = FilingRevision.parse((await r.get(`/api/v1/filings/${ID}/revision`)).body);
  expect(found.reports.length).toBeGreaterThan(0);
  expect(found.causes).toEqual([
    expect.objectContaining({ kind: 'change', of: 'node', id: 'gov', by: '赵六', source: 'entered' }),
  ]);
});

test('what was tampered with is an error that names the filing', async () => {
  const r = await monthlyRig(QUIET);
  const frozen = { hash: '0'.repeat(64), bytes: gzipSync('{"reports":[]}') };
  r.catalogue.filings.step(KEY, 'draft', { action: 'submit', at: 1, by: '李四', remark: '', frozen });
  for (const path of [`/filings/${ID}`, `/filings/${ID}/revision`]) {
    const { status, body } = await r.get(`/api/v1${path}`);
    expect([status, JSON.stringify(body)]).toEqual([
      500,
      expect.stringContaining(`the filing ${ID} is not what was filed`),
    ]);
  }
  expect(() =>
    frozenReport(r.catalogue.filings, ID, { kind: 'monthly', month: '2026-10', language: 'zh' }),
  ).toThrow(ID);
});

test('what is being computed again is waited for, so that a filing says one thing', async () => {
  const r = await monthlyRig(QUIET);
  await explain(r, 'people_changed');
  await r.ledger.drained();
  let goOn = (): void => {};
  const busy = r.ledger.exclusive(
    () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      }),
  );
  const meter = r.catalogue.snapshot().meter('gov-a')?.no as number;
  const month = Date.parse('2026-10-01T00:00:00+08:00');
  const open = Number.MAX_SAFE_INTEGER;
  await r.journal.markDirty([{ meter, month, causes: ['late'], open, catalogue: null }]);
  const waiting: number[] = [];
  const answer = step(r, 'draft', 'submit').then((a) => {
    waiting.push(r.journal.recomputing());
    return a;
  });
  setTimeout(goOn, 1500);
  expect((await answer).status).toBe(200);
  expect(waiting).toEqual([0]);
  await busy;
});

test('a period that still runs cannot be filed, and unknown ones are not found', async () => {
  const r = await monthlyRig(QUIET);
  const running = await step(r, 'draft', 'submit', '', 'gov:monthly:2026-11');
  expect([running.status, JSON.stringify(running.body)]).toEqual([
    400,
    expect.stringContaining('has not ended'),
  ]);
  for (const id of ['gov', 'gov:weekly:2026-10', 'nowhere:monthly:2026-10']) {
    expect([id, (await r.get(`/api/v1/filings/${id}`)).status]).toEqual([id, 404]);
  }
  expect((await r.get(`/api/v1/filings/${ID}/revision`)).status).toBe(404);
  const query = '/api/v1/filings?node=city&from=2024-01&to=2027-01';
  expect((await r.get(query)).status).toBe(400);
});

test('the calendar of a bureau tells what is owed, and its reminders what is late, due and returned', async () => {
  const r = await monthlyRig(QUIET);
  const calendar = async (): Promise<Filings> =>
    Filings.parse((await r.get('/api/v1/filings?node=city&from=2026-01&to=2026-12')).body);
  const of = async (): Promise<string[]> =>
    (await calendar()).filings.map((f) => `${f.id} ${f.due_state} ${f.due?.date}`);
  // Nobody said since when filing is owed, and what was due before the estate was entered is not.
  expect(await of()).toEqual([
    'gov:monthly:2026-11 running 2026-12-10',
    'tax:monthly:2026-11 running 2026-12-10',
    'gov:quarterly:2026-Q4 running 2027-01-10',
    'tax:quarterly:2026-Q4 running 2027-01-10',
    'gov:annual:2026 running 2027-03-31',
    'tax:annual:2026 running 2027-03-31',
  ]);
  expect((await calendar()).deadlines.find((d) => d.id === 'annual')?.source.confidence).toBe('verified');

  const source = { text: '市局通知', confidence: 'verified' };
  const put = (id: string, body: object): number =>
    r.catalogue.putPolicy('deadline', id, { node: 'city', months: 1, source, ...body }, 'test', 'test');
  put('city:monthly', { form: 'monthly', from: '2026-09', day: 20 });
  put('city:quarterly', { form: 'quarterly', from: '2026-10', day: 5 });
  expect((await of()).filter((f) => f.startsWith('gov:m') || f.startsWith('gov:q'))).toEqual([
    'gov:monthly:2026-09 late 2026-10-20',
    'gov:monthly:2026-10 due 2026-11-20',
    'gov:monthly:2026-11 running 2026-12-20',
    'gov:quarterly:2026-Q4 running 2027-01-05',
  ]);

  await explain(r, 'people_changed');
  await step(r, 'draft', 'submit');
  await step(r, 'submitted', 'return', '请核对');
  const reminders = async (node = 'city'): Promise<FilingReminders> =>
    FilingReminders.parse((await r.get(`/api/v1/filings/reminders?node=${node}`)).body);
  const ids = (some: FilingReminders['late']): string[] => some.first.map((f) => f.id);
  const found = await reminders();
  // 2 days are left until 20 November.
  expect(ids(found.due)).toEqual(['tax:monthly:2026-10']);
  expect(found.due.first[0]?.days_left).toBe(2);
  expect(ids(found.returned)).toEqual([ID]);
  // Of both institutions September.
  expect(found.late.count).toBe(2);
  // Past its deadline it is late, and the first of them, though September was due before.
  put('city:monthly', { form: 'monthly', from: '2026-09', day: 5 });
  expect(ids((await reminders()).late)[0]).toBe(ID);
  put('city:monthly', { form: 'monthly', from: '2026-09', day: 20 });
  await step(r, 'returned', 'submit');
  expect(ids((await reminders()).submitted)).toEqual([ID]);
  expect((await reminders('tax')).submitted.count).toBe(0);
  expect((await detail(r)).due_state).toBe('in_time');
});
