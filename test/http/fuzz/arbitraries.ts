import fc from 'fast-check';
import { type Document, type Operation, type Route, resolved, type Schema } from './document.ts';

/** What a request is made of; plain data, so that it can be shown and made smaller. */
export interface Attempt {
  route: string;
  method: string;
  /** Path and query, ready to be sent. */
  url: string;
  type: string | null;
  body: string | null;
}

/** What exists in the estate, by the last word of the parameters that name it. */
export type Known = Record<string, readonly string[]>;

/** Nobody should send these, so somebody will. */
const JUNK = [
  '',
  ' ',
  '0',
  '-1',
  '1e400',
  'NaN',
  '99999999999999999999',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '%00',
  '\u0000',
  "'; DROP TABLE meters; --",
  '"',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '\ud800',
  '年月日',
  '🜁'.repeat(70),
  'x'.repeat(5_000),
  '0000-00-00',
  '2026-02-30',
  '9999-12-31',
  '+010000-01-01T00:00:00Z',
  '-271821-04-20',
  '1970-01-01T00:00:00Z',
] as const;
const TIMES = [
  '2026-01-01',
  '2026-03-01',
  '2026-01-01T00:00:00+08:00',
  '2025-01-01',
  '2026-12',
  '2026-01',
  '2026',
  '2026-Q1',
  '1767225600000',
] as const;

/** Requests to any of the routes: often as they should be, often not. */
export function attempts(document: Document, routes: readonly Route[], known: Known): fc.Arbitrary<Attempt> {
  return fc.oneof(...routes.map((route) => attemptAt(document, route, known)));
}

function attemptAt(document: Document, route: Route, known: Known): fc.Arbitrary<Attempt> {
  const { method, path, operation } = route;
  const parameters = operation.parameters ?? [];
  const value = (name: string, schema: Schema): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 6, arbitrary: likely(document, name, schema, known) },
      { weight: 1, arbitrary: fc.constantFrom(...JUNK) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    );
  const inPath = parameters.filter((p) => p.in === 'path');
  const inQuery = parameters.filter((p) => p.in === 'query');
  const query = inQuery.map(({ name, schema, required }) =>
    fc.oneof(
      { weight: required ? 8 : 2, arbitrary: value(name, schema).map((v) => [[name, v]]) },
      { weight: 1, arbitrary: fc.constant<string[][]>([]) },
      // Twice: which of them counts?
      {
        weight: 1,
        arbitrary: fc.tuple(value(name, schema), value(name, schema)).map((two) => two.map((v) => [name, v])),
      },
    ),
  );
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant<string[][]>([]) },
    { weight: 1, arbitrary: fc.constantFrom(...JUNK).map((v) => [[v, v]]) },
  );
  return fc
    .tuple(
      fc.tuple(...inPath.map(({ name, schema }) => value(name, schema))),
      fc.tuple(...query),
      extra,
      bodyOf(document, operation, known),
    )
    .map(([segments, pairs, more, [type, body]]) => {
      let url = path;
      inPath.forEach(({ name }, i) => {
        url = url.replace(`{${name}}`, encoded(segments[i] as string) || '%20');
      });
      const search = [...pairs.flat(), ...more].map(
        ([k, v]) => `${encoded(k as string)}=${encoded(v as string)}`,
      );
      if (search.length > 0) url += `?${search.join('&')}`;
      return { route: `${method} ${path}`, method, url, type, body };
    });
}

/** Half of a pair cannot be written as UTF-8. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function likely(document: Document, name: string, schema: Schema, known: Known): fc.Arbitrary<string> {
  const { enum: options, type, minimum, maximum } = resolved(document, schema);
  const names = known[name];
  if (names) return fc.constantFrom(...names);
  if (options && options.length > 0) return fc.constantFrom(...options.map(String));
  if (type === 'integer' || type === 'number') {
    return fc
      .oneof(fc.integer({ min: minimum ?? -5, max: Math.min(maximum ?? 3000, 3000) }), fc.double())
      .map(String);
  }
  if (type === 'boolean') return fc.constantFrom('true', 'false');
  return fc.constantFrom(...TIMES);
}

function bodyOf(
  document: Document,
  { requestBody }: Operation,
  known: Known,
): fc.Arbitrary<[type: string | null, body: string | null]> {
  if (!requestBody) return fc.constant([null, null]);
  const kinds = Object.entries(requestBody.content).map(([type, { schema }]) =>
    schema && type.endsWith('json')
      ? json(document, schema, known, '').map((v): [string, string] => [type, JSON.stringify(v) ?? ''])
      : fc.string({ unit: 'binary', maxLength: 200 }).map((v): [string, string] => [type, v]),
  );
  return fc.oneof(
    { weight: 8, arbitrary: fc.oneof(...kinds) },
    { weight: 1, arbitrary: fc.json().map((v): [string, string] => ['application/json', v]) },
    { weight: 1, arbitrary: fc.constantFrom(...JUNK).map((v): [string, string] => ['application/json', v]) },
    { weight: 1, arbitrary: fc.json().map((v): [string, string] => ['text/plain', v]) },
  );
}

const DEPTH = 5;

/** A value of the schema, or sometimes of none. */
function json(document: Document, of: Schema, known: Known, name: string, depth = 0): fc.Arbitrary<unknown> {
  const schema = resolved(document, of);
  const junk = fc.oneof(
    fc.constantFrom<unknown>(...JUNK, null, -0, 1e308, [], {}, true),
    fc.jsonValue({ maxDepth: 2 }),
  );
  if (depth > DEPTH) return junk;
  return fc.oneof(
    { weight: 9, arbitrary: proper(document, schema, known, name, depth) },
    { weight: 1, arbitrary: junk },
  );
}

function proper(
  document: Document,
  schema: Schema,
  known: Known,
  name: string,
  depth: number,
): fc.Arbitrary<unknown> {
  const inner = (of: Schema, as: string): fc.Arbitrary<unknown> => json(document, of, known, as, depth + 1);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((of) => inner(of, name)));
  if (schema.allOf) {
    return fc
      .tuple(...schema.allOf.map((of) => inner(of, name)))
      .map((all) => Object.assign({}, ...all.filter((v) => typeof v === 'object')) as unknown);
  }
  if (schema.enum && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  const types = [schema.type ?? 'object'].flat();
  return fc.oneof(
    ...types.map((type): fc.Arbitrary<unknown> => {
      if (type === 'null') return fc.constant(null);
      if (type === 'boolean') return fc.boolean();
      if (type === 'integer') return fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 4000 });
      if (type === 'number') return fc.oneof(fc.integer({ min: -10, max: 10_000 }), fc.double());
      if (type === 'array') {
        return fc.array(schema.items ? inner(schema.items, name) : fc.jsonValue(), { maxLength: 4 });
      }
      if (type === 'string') {
        const names = known[name];
        return fc.oneof(
          { weight: names ? 6 : 1, arbitrary: fc.constantFrom(...(names ?? TIMES)) },
          { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
        );
      }
      const properties = Object.entries(schema.properties ?? {});
      const required = new Set(schema.required ?? []);
      return fc.record(Object.fromEntries(properties.map(([key, of]) => [key, inner(of, key)])), {
        requiredKeys: properties.map(([key]) => key).filter((key) => required.has(key)),
      });
    }),
  );
}
