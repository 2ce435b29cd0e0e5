import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Grant, type Identity, ROLES } from '../../../server/domain/access.ts';
import { asking, OPERATOR, person } from '../../access/persons.ts';
import { ESTATE } from '../estate.ts';
import { rig } from '../rig.ts';
import { type Attempt, attempts } from './arbitraries.ts';
import { type Document, routesOf, Shapes } from './document.ts';

/**
 * In CI two thousand, the same ones each time, so that it fails for a change and for nothing else; the nightly form
 * asks FUZZ=100000 of a SEED of its own.
 */
const RUNS = Number(process.env.FUZZ ?? 2000);
const SEED = Number(process.env.SEED ?? 866_282_249);
/** It writes to whatever directory it is given, which is an administrator's wish and none of a test. */
const LEFT_OUT = ['POST /api/v1/backup'];
/** Documented, and no fault of the server's: nothing else of five hundred may be answered. */
const BUSY = 503;
/** What only somebody who sees the program's inside can know. */
const INSIDE = /\n\s+at |node_modules|node:internal|file:\/\/|\.ts:\d+|SQLITE_|Binder Error|Conversion Error/;

/** The operator, each role on everything, at a node or beside what is asked for, and nobody. */
const PERSONS: (Identity | null)[] = [
  ...Array.from({ length: 8 }, () => OPERATOR),
  null,
  ...ROLES.flatMap((role) =>
    [null, 'gov', 'lib'].map((node): Identity => person([{ role, node }] satisfies Grant[])),
  ),
];

test(`property: whatever anybody asks of any route is answered as the document says (seed ${SEED})`, async () => {
  const r = await rig(ESTATE);
  await r.feed(
    Array.from({ length: 60 }, (_, day): [string, string, number] => [
      'gov-main',
      `2026-${String(1 + Math.floor(day / 28)).padStart(2, '0')}-${String(1 + (day % 28)).padStart(2, '0')}T00:00:00+08:00`,
      day * 100,
    ]),
  );
  const document = (await r.get('/api/v1/openapi.json')).body as Document;
  const routes = routesOf(document).filter((x) => !LEFT_OUT.includes(`${x.method} ${x.path}`));
  const operations = new Map(routes.map((x) => [`${x.method} ${x.path}`, x.operation]));
  const shapes = new Shapes(document);
  const estate = r.deps.estate();
  const nodes = estate.nodes.map((n) => n.id);
  const meters = estate.meters.map((m) => m.id);
  const known = {
    node: nodes,
    meter: meters,
    id: [...nodes, ...meters],
    parent: nodes,
    carrier: ['electricity', 'water', 'gas'],
    kind: ['monthly', 'scheme', 'target', 'quota', 'deadline'],
    month: ['2026-01', '2026-02'],
    year: ['2025', '2026'],
    from: ['2026-01-01', '2025-01-01'],
    to: ['2026-02-01', '2026-03-01'],
    indicator: ['energy', 'energy_per_m2', 'energy_per_person'],
  };
  const statuses = new Map<number, number>();
  const asked = new Set<string>();
  /** One example of each. */
  const faults = new Map<string, string>();

  const ask = asking(r);
  const check = async ([who, { route, method, url, type, body }]: [
    Identity | null,
    Attempt,
  ]): Promise<void> => {
    const init: RequestInit = { method, signal: AbortSignal.timeout(30_000) };
    if (body !== null) Object.assign(init, { body, headers: { 'content-type': type } });
    const answer = await ask(who, `http://localhost${url}`, init);
    const { status } = answer;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const kind = (answer.headers.get('content-type') ?? '').split(';')[0] as string;
    if (kind === 'text/event-stream') {
      await answer.body?.cancel();
      return;
    }
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = kind.startsWith('application/vnd.') ? '' : bytes.toString();
    const fault = (what: string): void => {
      const key = `${route}: ${status} ${what}`;
      if (!faults.has(key))
        faults.set(key, `${JSON.stringify(who)} ${url} ${type ?? ''} ${body ?? ''} → ${text.slice(0, 600)}`);
    };
    if (status >= 500 && status !== BUSY) return fault('is the fault of the server');
    const inside = INSIDE.exec(text);
    if (inside) return fault(`tells of the inside: ${inside[0]}`);
    const operation = operations.get(route);
    const declared = operation?.responses[status];
    // A path that is no route's any more, such as one that ends in an empty id, is a plain 404.
    if (!declared && status === 404) return;
    asked.add(route);
    if (!declared) return fault('is not in the document');
    if (status === 204) {
      if (declared.content || text !== '') fault('has content');
      return;
    }
    if (!declared.content?.[kind]) return fault(`is ${kind}, which the document does not say`);
    const { schema } = declared.content[kind];
    if (!schema || !kind.endsWith('json')) return;
    const values = kind.endsWith('ndjson') ? text.split('\n').filter((line) => line !== '') : [text];
    for (const value of values) {
      const wrong = shapes.fault(schema, JSON.parse(value));
      if (wrong) fault(`has another shape: ${wrong}`);
    }
  };
  const questions = fc.tuple(fc.constantFrom(...PERSONS), attempts(document, routes, known));
  await fc.assert(fc.asyncProperty(questions, check), {
    numRuns: RUNS,
    seed: SEED,
  });
  expect(Object.fromEntries(faults)).toEqual({});
  // It would be easy to be refused everywhere.
  expect(asked.size).toBe(routes.length);
  expect(statuses.get(200)).toBeGreaterThan(RUNS / 20);
  // Nor is anybody let in everywhere.
  for (const status of [401, 403, 404]) expect.soft(statuses.get(status)).toBeGreaterThan(0);
}, 1_800_000);
