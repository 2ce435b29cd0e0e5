import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { Grant, Identity, Role } from '../../server/domain/access.ts';
import { POLICY_KINDS } from '../../server/domain/policy.ts';
import { type Document, type Operation, routesOf } from '../http/fuzz/document.ts';
import type { Rig } from '../http/rig.ts';
import { A, B, changeB, houses, MONTH, SECRET, SECRET_NUMBER } from './houses.ts';
import { type Ask, asking, person } from './persons.ts';

const READERS: readonly Role[] = ['viewer', 'energy_manager', 'metering_engineer', 'supervisor'];
/** Answered without end, or of the person's own sign-ins, devices or accounts, which have tests of their own. */
const LEFT_OUT = /\/(live|session|sessions|tokens|people|devices|audit)\b/;
/** Of the whole system, and of nothing that is B's: how often the catalogue was changed, by anybody. */
const WHOLE_SYSTEM = /("catalogue":\{[^}]*"version":)\d+/;
/** In CI each name with the other parameters all left out and all given; the nightly form takes every combination. */
const EVERY = process.env.LEAKS === 'every';

/** What is of one institution, by the name of the parameter; of no institution where it is left out. */
const namesOf = (of: string): Record<string, readonly string[]> => ({
  node: [of, `${of}-house`],
  meter: [`${of}-main`, `${of}-rest`],
  'GET /api/v1/meters/{id}': [`${of}-main`, `${of}-sub`],
  'GET /api/v1/meters/{id}/statements': [`${of}-water`],
  'GET /api/v1/nodes/{id}/attributes': [of, `${of}-house`],
  'GET /api/v1/targets/{id}': [`${of}-target`],
  'GET /api/v1/filings/{id}': [`${of}:monthly:${MONTH}`, `${of}:monthly:2026-09`],
  'GET /api/v1/filings/{id}/reports/{kind}': [`${of}:monthly:${MONTH}`],
  'GET /api/v1/filings/{id}/revision': [`${of}:monthly:${MONTH}`],
});
/** Of the routes of one policy item. */
const POLICY_IDS = (of: string): [kind: string, id: string][] => [
  ['setting', `quotas:${of}`],
  ['setting', `it_meters:${of}`],
  ['deadline', `deadline-${of}`],
  ['limit', `completeness:${of}`],
  ['evidence', `${of}:2026:audit`],
  ['institution', of],
  ['billing_account', `${of}-account`],
  ['vehicle', `${of}-vehicle`],
  ['target', `${of}-target`],
  ['plan', `${of}:2026`],
  ['explanation', `${of}:2025:both`],
];
const COMMON: [kind: string, id: string][] = [
  ['setting', 'heating_meters'],
  ['setting', 'apart_nodes'],
  ['setting', 'scheme:region'],
  ['quota', 'both'],
  ['scheme', 'national-statistics'],
];

const REPORTS = ['monthly', 'bulletin', 'brief'];
/** Those of other parameters, by their name; of one that is optional also none. */
const VALUES: Record<string, readonly string[]> = {
  carrier: ['electricity', 'lpg'],
  month: [MONTH],
  year: ['2025', '2026'],
  from: ['2026-10-01'],
  to: ['2026-11-19'],
  period: ['2026-Q3', MONTH],
  by: ['month', 'hour'],
  format: ['json', 'csv'],
  indicator: ['electricity', 'energy_per_m2', 'water_per_person'],
  kind: REPORTS,
  language: ['zh'],
  as: ['json', 'html'],
  state: [],
  reason: ['unknown_meter', 'value_invalid'],
};
const MONTHS = new Set([
  '/api/v1/book/months',
  '/api/v1/book/bills',
  '/api/v1/filings',
  '/api/v1/book/template',
]);

type Choice = { name: string; where: string; values: readonly (string | null)[] };

/** Combinations of what the parameters may be. */
function urls(path: string, { parameters = [] }: Operation, of: string): string[] {
  if (path.startsWith('/api/v1/policy/{kind}/{id}')) {
    const pairs = of === A ? [...POLICY_IDS(A), ...COMMON] : POLICY_IDS(of);
    return pairs.map(([kind, id]) => path.replace('{kind}', kind).replace('{id}', encodeURIComponent(id)));
  }
  const own = namesOf(of);
  const choices = parameters.map(({ name, in: where, required }): Choice & { isName: boolean } => {
    const names = (where === 'path' ? own[`GET ${path}`] : undefined) ?? own[name];
    let values: readonly string[] = names ?? VALUES[name] ?? [];
    if (path === '/api/v1/policy/{kind}') values = POLICY_KINDS;
    if (path === '/api/v1/indicators' && name === 'kind') values = ['building'];
    if (MONTHS.has(path) && (name === 'from' || name === 'to'))
      values = [name === 'from' ? '2026-09' : MONTH];
    const isName = names !== undefined || required === true || where === 'path';
    return { name, where, values: required || where === 'path' ? values : [null, ...values], isName };
  });
  const product = (list: readonly Choice[], urls: readonly string[]): string[] =>
    list.reduce(
      (all, { name, where, values }) =>
        all.flatMap((url) =>
          values.map((value) => {
            if (value === null) return url;
            if (where === 'path') return url.replace(`{${name}}`, encodeURIComponent(value));
            return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
          }),
        ),
      [...urls],
    );
  const named = product(
    choices.filter((c) => c.isName),
    [path],
  );
  const others = choices.filter((c) => !c.isName && c.values.length > 1);
  if (EVERY) return product(others, named);
  const given = others.map((c) => ({ ...c, values: c.values.slice(-1) }));
  return [...new Set([...named, ...product(given, named)])];
}

async function walk(r: Rig, of: string): Promise<string[]> {
  const document = (await r.get('/api/v1/openapi.json')).body as Document;
  const routes = routesOf(document).filter(({ method, path }) => method === 'GET' && !LEFT_OUT.test(path));
  const batches = r.deps.batches.list().filter((b) => b.node === of);
  const attachments = r.catalogue.attachments([of], MONTH);
  return routes.flatMap(({ path, operation }) => {
    if (path.startsWith('/api/v1/batches/{id}')) return batches.map((b) => path.replace('{id}', b.id));
    if (path.includes('{no}')) return attachments.map((a) => path.replace('{no}', String(a.no)));
    return urls(path, operation, of);
  });
}

interface Answer {
  status: number;
  text: string;
}

async function answers(ask: Ask, who: Identity, list: readonly string[]): Promise<Map<string, Answer>> {
  const out = new Map<string, Answer>();
  for (const url of list) {
    const answer = await ask(who, url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = bytes[0] === 0x50 && bytes[1] === 0x4b ? unpacked(bytes) : bytes.toString();
    out.set(url, { status: answer.status, text: text.replace(WHOLE_SYSTEM, '$10') });
  }
  return out;
}

/** What the files of an archive, or of the archives in it, say; not when it was packed. */
function unpacked(bytes: Uint8Array): string {
  return Object.entries(unzipSync(bytes))
    .map(([name, content]) =>
      /\.(xlsx|docx)$/.test(name) ? unpacked(content) : `${name} ${strFromU8(content)}`,
    )
    .join('\n')
    .replaceAll(/<dcterms:\w+[^<]*<\/dcterms:\w+>/g, '');
}

const at = (node: string | null, ...roles: Role[]): Grant[] => roles.map((role) => ({ role, node }));
/** In whatever form a page could show it. */
const NUMBER = new RegExp(String(SECRET_NUMBER).replace(/^(\d+)(\d{3})$/, '$1,?$2'));

test('what is B’s is not there for anybody of A, has no part in any answer, and makes none another one', async () => {
  const r = await houses();
  const ask = asking(r);
  const list = await walk(r, A);
  expect(list.length).toBeGreaterThan(150);
  const everything = person(at(A, ...READERS));
  await asIfNotThere(r, ask, everything);
  const before = await answers(ask, everything, list);

  const told = [...before].filter(([, { text }]) => text.includes(SECRET) || NUMBER.test(text));
  expect(told.map(([url, { text }]) => [url, around(text)])).toEqual([]);
  expect([...before].filter(([, { status }]) => status >= 500)).toEqual([]);
  // It would be easy to be refused everywhere.
  expect([...before.values()].filter(({ status }) => status === 200).length).toBeGreaterThan(list.length / 2);
  // And the words would be there for whoever may see them.
  const whole = await answers(ask, person(at(null, ...READERS)), [
    '/api/v1/tree',
    '/api/v1/policy',
    '/api/v1/meters',
  ]);
  expect([...whole.values()].every(({ text }) => text.includes(SECRET))).toBe(true);

  await changeB(r);
  const after = await answers(ask, everything, list);
  const differing = [...before].flatMap(([url, { status, text }]) => {
    const now = after.get(url);
    if (now?.status === status && now.text === text) return [];
    return [[url, status, now?.status, ...firstDifference(text, now?.text ?? '')]];
  });
  expect(differing).toEqual([]);

  // Each role by itself sees no more than all of them together.
  for (const role of READERS) {
    const alone = await answers(ask, person(at(A, role)), EVERY ? list : list.filter((_, i) => i % 4 === 0));
    const more = [...alone].filter(
      ([url, { status, text }]) =>
        status === 200 && (after.get(url)?.status !== 200 || text.includes(SECRET)),
    );
    expect([role, more.map(([url]) => url)]).toEqual([role, []]);
  }
}, 900_000);

/** What is B's, or above both, is for somebody of A as if it were not there. */
async function asIfNotThere(r: Rig, ask: Ask, who: Identity): Promise<void> {
  const list = [...new Set([...(await walk(r, B)), ...(await walk(r, 'region'))])];
  const named = list.filter(
    (url) => url.includes(B) || /batches\/|attachments\//.test(url) || url.includes('region'),
  );
  expect(named.length).toBeGreaterThan(150);
  const found: unknown[] = [];
  for (const url of named) {
    const [answer, none] = await Promise.all([ask(who, url), ask(who, nowhere(url))]);
    const [text, other] = [await answer.text(), await none.text()];
    // What was asked for is named in the answer.
    const same = text.replaceAll(NAMED, 'X') === other.replaceAll(NAMED, 'X');
    const isPlain = /batches\/|attachments\//.test(url) ? answer.status === 404 : same;
    if (answer.status === 200 || answer.status !== none.status || !isPlain) {
      found.push([url, answer.status, none.status, text.slice(0, 200), other.slice(0, 200)]);
    }
  }
  expect(found).toEqual([]);
}

const NAMED = new RegExp(`${B}|region|nowhere`, 'g');

/** The same question about what there is not. */
function nowhere(url: string): string {
  return url
    .replaceAll(B, 'nowhere')
    .replaceAll('region', 'nowhere')
    .replace(/batches\/[^/]+/, 'batches/nowhere')
    .replace(/attachments\/\d+/, 'attachments/999999');
}

function around(text: string): string {
  const index = text.includes(SECRET) ? text.indexOf(SECRET) : (NUMBER.exec(text)?.index ?? 0);
  return text.slice(Math.max(0, index - 120), index + 60);
}

function firstDifference(a: string, b: string): [string, string] {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return [a.slice(Math.max(0, i - 80), i + 80), b.slice(Math.max(0, i - 80), i + 80)];
}
