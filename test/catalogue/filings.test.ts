import { expect, test } from 'vitest';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import { LIMIT_FROZEN_BYTES, type StepInput } from '../../server/catalogue/filings.ts';
import { type FilingKey, StaleFilingError } from '../../server/domain/filing.ts';
import { behind, EXAMPLE, temporaryCatalogue, temporaryPlace } from './temporary-catalogue.ts';

const KEY: FilingKey = { node: 'gov', form: 'monthly', period: '2026-11' };
const HASH = 'a'.repeat(64);
const bytes = (...n: number[]): Uint8Array => new Uint8Array(n);
let clock = 1000;
const submit = (hash = HASH, of = bytes(1, 2, 3)): StepInput => ({
  action: 'submit',
  at: clock++,
  by: '李四',
  remark: '',
  frozen: { hash, bytes: of },
});
const review = (action: 'return' | 'accept' | 'publish', remark = ''): StepInput => ({
  action,
  at: clock++,
  by: '王五',
  remark,
  frozen: null,
});

interface Opened {
  catalogue: Catalogue;
  file: string;
  filings: Catalogue['filings'];
}

function open(file = temporaryPlace()): Opened {
  const catalogue = temporaryCatalogue({}, file);
  catalogue.applyEstate(EXAMPLE, 'test');
  return { catalogue, file, filings: catalogue.filings };
}

test('steps are kept in order with who, when and why, and what each submission froze', () => {
  const { filings, catalogue } = open();
  const { version } = catalogue;
  expect(filings.get(KEY)).toBeUndefined();
  filings.step(KEY, 'draft', submit());
  filings.step(KEY, 'submitted', review('return', '请核对用水'));
  filings.step(KEY, 'returned', submit('b'.repeat(64), bytes(4)));
  const after = filings.step(KEY, 'submitted', review('accept'));
  expect(after).toEqual(filings.get(KEY));
  expect(after.steps.map((s) => [s.action, s.by, s.remark, s.hash?.slice(0, 1) ?? null])).toEqual([
    ['submit', '李四', '', 'a'],
    ['return', '王五', '请核对用水', null],
    ['submit', '李四', '', 'b'],
    ['accept', '王五', '', null],
  ]);
  const times = after.steps.map((s) => s.at);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(filings.frozen(KEY, HASH)).toEqual(bytes(1, 2, 3));
  expect(filings.frozen(KEY, 'b'.repeat(64))).toEqual(bytes(4));
  expect(filings.frozen(KEY, 'c'.repeat(64))).toBeNull();
  // No figure depends on a filing, so nothing is read or computed again.
  expect(catalogue.version).toBe(version);
});

test('of two who take a step from the same state only the first does', () => {
  const file = temporaryPlace();
  const { filings } = open(file);
  filings.step(KEY, 'draft', submit());
  const other = openCatalogue(file);
  other.filings.step(KEY, 'submitted', review('return', '缺用水'));
  expect(() => filings.step(KEY, 'submitted', review('accept'))).toThrow(StaleFilingError);
  expect(filings.get(KEY)?.steps).toHaveLength(2);
  other.close();
});

test('what is refused leaves nothing behind', () => {
  const { filings } = open();
  expect(() => filings.step({ ...KEY, node: 'nowhere' }, 'draft', submit())).toThrow(/no node "nowhere"/);
  expect(() => filings.step(KEY, 'draft', review('accept'))).toThrow(/cannot take the step accept/);
  const much = new Uint8Array(LIMIT_FROZEN_BYTES + 1);
  expect(() => filings.step(KEY, 'draft', submit(HASH, much))).toThrow(/at most 8 MiB/);
  expect(filings.list('1970-01', '2099-12')).toEqual([]);
});

test('a clock that was put back makes no step older than the one before', () => {
  const { filings } = open();
  filings.step(KEY, 'draft', { ...submit(), at: 500 });
  expect(filings.step(KEY, 'submitted', { ...review('accept'), at: 400 }).steps.map((s) => s.at)).toEqual([
    500, 500,
  ]);
});

test('filings are listed by the last month of their period', () => {
  const { filings } = open();
  for (const [form, period] of [
    ['monthly', '2026-09'],
    ['monthly', '2026-12'],
    ['quarterly', '2026-Q3'],
    ['annual', '2026'],
  ] as const) {
    filings.step({ node: 'gov', form, period }, 'draft', submit());
  }
  filings.step({ node: 'city', form: 'monthly', period: '2026-12' }, 'draft', submit());
  const periods = (...of: Parameters<typeof filings.list>): string[] =>
    filings.list(...of).map((f) => `${f.node} ${f.period}`);
  expect(periods('2026-09', '2026-11')).toEqual(['gov 2026-09', 'gov 2026-Q3']);
  expect(periods('2026-12', '2026-12', 'gov')).toEqual(['gov 2026-12', 'gov 2026']);
  expect(periods('2026-01', '2026-08')).toEqual([]);
});

test('of an explanation the newest counts, and all of them stay', () => {
  const { filings, file } = open();
  const said = {
    node: 'gov',
    month: '2026-11',
    check: 'jump:electricity',
    by: '李四',
    at: 5,
    figure: '0.31',
  };
  filings.explain({ ...said, text: '新增食堂' });
  filings.explain({ ...said, check: 'price:water', text: '水价调整' });
  filings.explain({ ...said, text: '新增食堂与机房' });
  filings.explain({ ...said, month: '2026-12', text: '十二月' });
  filings.explain({ ...said, node: 'city', text: '市里' });
  expect(filings.explanations('2026-11', '2026-11', 'gov').map((e) => [e.check, e.text, e.figure])).toEqual([
    ['price:water', '水价调整', '0.31'],
    ['jump:electricity', '新增食堂与机房', '0.31'],
  ]);
  expect(filings.explanations('2026-11', '2026-12').map((e) => e.text)).toEqual([
    '水价调整',
    '新增食堂与机房',
    '十二月',
    '市里',
  ]);
  expect(() => filings.explain({ ...said, node: 'nowhere', text: 'x' })).toThrow(/no node/);
  behind(file, (sql) => {
    expect(sql('SELECT count(*) AS n FROM check_explanation')).toBe(5);
    expect(() => sql("UPDATE check_explanation SET text = 'x'")).toThrow(/never edited/);
    expect(() => sql('DELETE FROM check_explanation')).toThrow(/never deleted/);
  });
});

test('neither a step nor what it froze can be edited or deleted', () => {
  const { filings, file } = open();
  filings.step(KEY, 'draft', submit());
  behind(file, (sql) => {
    expect(() => sql('UPDATE filing_step SET frozen = NULL')).toThrow(/never edited/);
    expect(() => sql('DELETE FROM filing_step')).toThrow(/never deleted/);
  });
});
