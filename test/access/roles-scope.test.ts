import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { Grant, Identity, Role } from '../../server/domain/access.ts';
import { createApp } from '../../server/http/app.ts';
import type { Findings, Ground } from '../../server/http/schemas/ledger.ts';
import { signedIn } from '../http/access-requests.ts';
import { ESTATE } from '../http/estate.ts';
import { json, REQUESTS } from '../http/requests.ts';
import { hourly, rig } from '../http/rig.ts';
import { directory } from '../support/directory.ts';
import { asking, OPERATOR, person } from './persons.ts';

const at = (node: string | null, ...roles: Role[]): Grant[] => roles.map((role) => ({ role, node }));
const csv = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'text/csv' },
  body,
});
const DAY = 'from=2026-11-17&to=2026-11-18';

/** The same estate with meters that hang together across its two institutions. */
const TIED = {
  ...ESTATE,
  meters: ESTATE.meters.map((m) =>
    m.id === 'lib-main' ? { ...m, parent: 'gov-main', address: 'box-7' } : m,
  ),
  virtual: [
    {
      id: 'gov-own',
      name: '本单位',
      node: 'gov',
      carrier: 'electricity',
      plus: ['gov-main'],
      minus: ['lib-main'],
    },
  ],
};

describe('what stands elsewhere counts, and is not named', () => {
  test('upstream meters, parts of virtual ones, and meters below a main', async () => {
    const r = await rig(TIED);
    const from = '2026-11-17T00:00:00+08:00';
    // 40 × 0.5 = 20 kWh an hour, of which the other institution has 3.
    await r.feed([...hourly('gov-main', from, 24, () => 0.5), ...hourly('lib-main', from, 24, () => 3)]);
    const ask = asking(r);
    const gov = person(at('gov', 'viewer', 'metering_engineer'));
    const get = async (who: Identity, path: string): Promise<unknown> => (await ask(who, path)).json();

    const ground = (await get(gov, `/api/v1/ground?meter=gov-own&${DAY}`)) as Ground;
    // 20 × 24 − 3 × 24
    expect(ground.quantity).toBeCloseTo(408, 9);
    expect(ground.parts.map(({ id, name, sign, quantity }) => [id, name, sign, quantity])).toEqual([
      ['gov-main', '表 gov-main', 1, 480],
      [null, null, -1, 72],
    ]);
    const balance = (await get(gov, `/api/v1/balance?node=gov&${DAY}`)) as {
      mains: {
        meter: string;
        children: { meter: string | null; name: string | null; quantity: number | null }[];
      }[];
    };
    const main = balance.mains.find((m) => m.meter === 'gov-main');
    expect(main?.children.filter((c) => c.meter === null)).toMatchObject([{ name: null, quantity: 72 }]);
    expect(JSON.stringify(balance)).not.toContain('lib');

    const lib = person(at('lib', 'metering_engineer'));
    expect(await get(lib, '/api/v1/meters/lib-main')).toMatchObject({ id: 'lib-main', parent: null });
    expect(await get(person(at('city', 'viewer')), '/api/v1/meters/lib-main')).toMatchObject({
      parent: 'gov-main',
    });

    // What is exported is an estate of its own, which an empty catalogue takes.
    const file = await (await ask(gov, '/api/v1/estate')).text();
    expect(file).not.toMatch(/\blib|\bcity|gov-own/);
    const fresh = await rig({ version: 1, timezone: 'Asia/Shanghai', nodes: [] });
    fresh.catalogue.applyEstate(file, 'test');
    expect(fresh.catalogue.snapshot().nodes.map((n) => [n.id, n.parent])).toEqual([
      ['gov', null],
      ['tower', 'gov'],
    ]);
    expect(fresh.catalogue.exportEstate()).toBe(file);
  });

  test('a bill cannot be held against the meters of a neighbour', async () => {
    const r = await rig(ESTATE);
    const ask = asking(r);
    const body = { node: 'gov', carrier: 'electricity', name: 'n', number: '1', meters: ['lib-main'] };
    const put = (of: object): Promise<Response> =>
      ask(person(at('gov', 'energy_manager')), '/api/v1/policy/billing_account/a', {
        method: 'PUT',
        ...json({ body: { ...body, ...of } }),
      });
    expect((await put({})).status).toBe(404);
    expect((await put({ node: 'lib', meters: [] })).status).toBe(404);
    expect((await put({ meters: ['gov-main'] })).status).toBe(200);
    expect(r.catalogue.policy().get('billing_account', 'a')?.meters).toEqual(['gov-main']);
  });

  test('an institution says what it is itself; what its bureau decides it may read', async () => {
    const r = await rig(ESTATE);
    const ask = asking(r);
    const put = (who: Identity, kind: string, id: string, body: object): Promise<number> =>
      ask(who, `/api/v1/policy/${kind}/${id}`, { method: 'PUT', ...json({ body }) }).then((a) => a.status);
    const [manager, bureau] = [person(at('gov', 'energy_manager')), person(at('city', 'supervisor'))];
    const everywhere = person(at(null, 'supervisor'));
    const scheme = (node?: string): object => ({
      name: 'scheme',
      ...(node && { node }),
      values: ['db37-2672'],
    });
    expect(await put(manager, 'institution', 'gov', { head: 'Wang' })).toBe(200);
    expect(await put(manager, 'institution', 'lib', { head: 'Wang' })).toBe(404);
    expect(await put(manager, 'setting', 'scheme:gov', scheme('gov'))).toBe(403);
    expect(await put(bureau, 'setting', 'scheme:city', scheme('city'))).toBe(200);
    // Without a node it would hold beyond the city too.
    expect(await put(bureau, 'setting', 'scheme', scheme())).toBe(403);
    expect(await put(everywhere, 'setting', 'scheme', scheme())).toBe(200);
    const items = async (who: Identity): Promise<string[]> => {
      const answer = await ask(who, '/api/v1/policy/setting');
      const { items } = (await answer.json()) as { items: { id: string }[] };
      return items.map((i) => i.id).filter((id) => id.startsWith('scheme'));
    };
    expect(await put(bureau, 'setting', 'scheme:lib', scheme('lib'))).toBe(200);
    // Who vouches for something is who enters it.
    const evidence = {
      node: 'gov',
      year: 2026,
      failure: 'audit',
      text: 't',
      date: '2026-05-01',
      author: 'another',
    };
    expect(await put(manager, 'evidence', 'gov:2026:audit', evidence)).toBe(200);
    expect(r.catalogue.policy().get('evidence', 'gov:2026:audit')?.author).toBe('Zhang San');
    // A target of one's own is made a part only of one's own.
    const target = (node: string, from?: string): object => ({
      ...{ node, indicator: 'electricity', base_year: 2025, base: { value: 9, source: 's' }, end_year: 2027 },
      ...{ path: { kind: 'linear', reduction: 0.1 }, ...(from && { from, split: 'hand' }) },
    });
    const own = person(at('gov', 'supervisor'));
    expect(await put(bureau, 'target', 'whole', target('city'))).toBe(200);
    expect(await put(own, 'target', 'part', target('gov', 'whole'))).toBe(404);
    expect(await put(bureau, 'target', 'part', target('gov', 'whole'))).toBe(200);
    // It stays one when its own supervisor changes it.
    expect(await put(own, 'target', 'part', target('gov', 'whole'))).toBe(200);
    expect(await items(manager)).toEqual(['scheme', 'scheme:city']);
    expect(await items(bureau)).toEqual(['scheme', 'scheme:city', 'scheme:lib']);
  });
});

test('the tree is told to administrators without what its nodes are like', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r);
  const areas = async (...grants: Grant[]): Promise<unknown> => {
    const { nodes } = (await (await ask(person(grants), '/api/v1/tree')).json()) as {
      nodes: { id: string; attributes: Record<string, unknown> }[];
    };
    return nodes.map((n) => [n.id, 'floor_area_m2' in n.attributes]);
  };
  const nothing = ['city', 'gov', 'tower', 'lib'].map((id) => [id, false]);
  expect(await areas({ role: 'system_admin', node: null })).toEqual(nothing);
  expect(await areas({ role: 'system_admin', node: null }, { role: 'viewer', node: 'lib' })).toEqual(nothing);
  const both = await areas({ role: 'system_admin', node: null }, { role: 'viewer', node: 'gov' });
  expect(both).toEqual([
    ['city', false],
    ['gov', true],
    ['tower', false],
    ['lib', false],
  ]);
});

describe('readings', () => {
  test('a file may bring those of one’s own meters; lines of others are refused and not kept', async () => {
    const r = await rig(ESTATE);
    const ask = asking(r);
    const lines =
      'meter,time,value\ngov-main,2026-11-17,1\nlib-main,2026-11-17,2\nnone,2026-11-17,3\ngov-main,x,4\n';
    const answer = await ask(person(at('gov', 'metering_engineer')), '/api/v1/readings?name=f', csv(lines));
    const last = JSON.parse((await answer.text()).trim().split('\n').at(-1) as string) as Record<
      string,
      unknown
    >;
    expect(last).toEqual({
      ...{ rows: 4, stored: 1, duplicate: 0, quarantined: 1, refused: 2, done: true },
      errors: [
        'f:3: meter: "lib-main" is none of yours; the line was not kept',
        'f:4: meter: "none" is none of yours; the line was not kept',
        'f:5: time: "x" is not a time',
      ],
    });
    expect(r.journal.account()).toMatchObject({ received: 2, stored: 1, quarantined: 1 });
    expect(r.journal.quarantine({ limit: 9 }).map((i) => i.meter)).toEqual(['gov-main']);
  });

  test('quarantine shows, counts and tries again what names one’s own meters', async () => {
    const r = await rig(TIED);
    const bad = { kind: 'reading', reason: 'time_ahead', detail: 'd', source: 's', value: 5 } as const;
    const time = Date.parse('2026-11-17T00:00:00+08:00');
    const of = (meter: string) => ({
      ...{ ...bad, meter, time, receivedAt: time },
      payload: new TextEncoder().encode(JSON.stringify({ meter, time: '2026-11-17', value: 5 })),
    });
    const packet = {
      ...bad,
      kind: 'packet',
      reason: 'broken_payload',
      meter: null,
      time: null,
      value: null,
    } as const;
    await r.reject(of('gov-main'), of('lib-main'), of('box-7'), {
      ...packet,
      payload: new Uint8Array([1]),
      receivedAt: time,
    });
    const ask = asking(r);
    const look = async (who: Identity): Promise<unknown> => {
      const { counts, items } = (await (await ask(who, '/api/v1/quarantine')).json()) as {
        counts: unknown;
        items: { meter: string | null }[];
      };
      return [counts, items.map((i) => i.meter).sort()];
    };
    const [lib, all] = [person(at('lib', 'metering_engineer')), person(at(null, 'metering_engineer'))];
    // A device names it by its address, too.
    expect(await look(lib)).toEqual([[{ reason: 'time_ahead', count: 2 }], ['box-7', 'lib-main']]);
    expect(await look(all)).toEqual([
      [
        { reason: 'time_ahead', count: 3 },
        { reason: 'broken_payload', count: 1 },
      ],
      ['box-7', 'gov-main', 'lib-main', null],
    ]);
    const health = (await (await ask(lib, '/api/v1/health')).json()) as Record<string, unknown>;
    expect(health).toMatchObject({
      ...{ account: null, journal: null, quarantine: [{ reason: 'time_ahead', count: 2 }] },
      ...{ meters: { total: 1, silent: 0, never: 1 }, intake: { clients: null, readings_per_s: null } },
    });
    const ids = r.journal.quarantine({ limit: 9 }).map((i) => i.id);
    const retry = await ask(lib, '/api/v1/quarantine/retry', { method: 'POST', ...json({ ids }) });
    // The address is known to no profile, so that item stays.
    expect(await retry.json()).toEqual({ tried: 2, stored: 1, duplicate: 0, quarantined: 1 });
    expect(await look(all)).toMatchObject([{}, ['box-7', 'gov-main', null]]);
  });

  test('a message that is tried out tells nothing of meters elsewhere', async () => {
    const r = await rig(ESTATE);
    const ask = asking(r);
    const tried = async (meter: string): Promise<unknown> => {
      const init = {
        method: 'POST',
        ...json({ topic: `meters/${meter}/readings`, payload: '{"value": 1}' }),
      };
      return (await ask(person(at('gov', 'metering_engineer')), '/api/v1/profiles/test', init)).json();
    };
    expect(await tried('gov-main')).toMatchObject({ readings: [{ meter: 'gov-main' }], rejects: [] });
    const [theirs, nobodys] = [await tried('lib-main'), await tried('lib-none')];
    expect(JSON.stringify(theirs).replace('lib-main', 'X')).toBe(
      JSON.stringify(nobodys).replace('lib-none', 'X'),
    );
  });

  test('findings are those of one’s own meters', async () => {
    const r = await rig(ESTATE);
    // A register that falls is one that somebody exchanged, and wrote nothing down.
    for (const meter of ['gov-main', 'lib-main']) {
      const old = hourly(meter, '2026-11-16T00:00:00+08:00', 30, () => 1, 812_960);
      await r.feed([...old, ...hourly(meter, '2026-11-17T07:00:00+08:00', 28, () => 1, 5000)]);
    }
    const ask = asking(r);
    const found = (await (await ask(person(at('lib', 'viewer')), '/api/v1/findings')).json()) as Findings;
    expect(found.suspects.map((s) => s.meter)).toEqual(['lib-main']);
    expect(found.totals).toEqual({ suspects: 1, clocks: 0 });
  });
});

describe('live', () => {
  const DECODER = new TextDecoder();

  test('tells of one’s own meters, and the account to who sees the whole', async () => {
    const r = await rig(ESTATE);
    const ask = asking(r);
    const open = async (...grants: Grant[]): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const { body } = await ask(person(grants), '/api/v1/live');
      if (!body) throw new Error('no stream');
      return body.getReader();
    };
    const [lib, all] = [await open(...at('lib', 'viewer')), await open(...at(null, 'viewer'))];
    const until = async (reader: ReadableStreamDefaultReader<Uint8Array>, word: string): Promise<string> => {
      let text = '';
      await expect
        .poll(async () => (text += DECODER.decode((await reader.read()).value)), { timeout: 20_000 })
        .toContain(word);
      return text;
    };
    await r.feed([['gov-main', '2026-11-18T10:00:00+08:00', 1]]);
    await r.feed([['lib-main', '2026-11-18T10:00:00+08:00', 2]]);
    const told = await until(lib, 'lib-main');
    expect(told).toContain('event: hello');
    expect(told).not.toMatch(/gov-main|event: account/);
    const whole = await until(all, 'lib-main');
    expect(whole).toContain('gov-main');
    expect(whole).toContain('event: account');
    await lib.cancel();
    await all.cancel();
  });

  test('ends with the sign-in; the next request sees the new reach', async () => {
    const r = await rig(ESTATE);
    let revoke: (sessions: ReadonlySet<string>) => void = () => {};
    const accounts = Object.create(r.deps.accounts) as typeof r.deps.accounts;
    accounts.onRevoked = (listener) => {
      revoke = listener;
      return () => {};
    };
    let grants = at('gov', 'viewer');
    const app = createApp({
      ...r.deps,
      accounts,
      access: { isSetUp: () => true, identify: () => person(grants) },
    });
    const { body } = await app.request('/api/v1/live?node=gov');
    const reader = body?.getReader();
    expect(DECODER.decode((await reader?.read())?.value)).toContain('hello');
    grants = at('lib', 'viewer');
    revoke(new Set(['another', 's1']));
    const rest = await Promise.race([
      reader?.read(),
      new Promise((_, fail) => setTimeout(() => fail(new Error('the stream goes on')), 20_000)),
    ]);
    expect(rest).toEqual({ done: true, value: undefined });
    const tree = (await (await app.request('/api/v1/tree')).json()) as {
      nodes: { id: string; parent: unknown }[];
    };
    expect(tree.nodes.map((n) => [n.id, n.parent])).toEqual([['lib', null]]);
    expect((await app.request('/api/v1/live?node=gov')).status).toBe(404);
  });
});

test('a person who is signed in sees what he was given, from the next request on, and his streams end', async () => {
  const r = await rig(ESTATE);
  const app = createApp({ ...r.deps, access: r.deps.accounts });
  const { id, cookie } = await signedIn(r);
  const get = async (path: string): Promise<Response> => app.request(path, { headers: { cookie } });
  const give = (grants: readonly Grant[]): void => {
    r.deps.accounts.people.setGrants(id, grants, OPERATOR);
  };
  const seen = async (): Promise<string[]> => {
    const { nodes } = (await (await get('/api/v1/tree')).json()) as { nodes: { id: string }[] };
    return nodes.map((n) => n.id);
  };
  expect((await get('/api/v1/tree')).status).toBe(403);
  give(at('gov', 'viewer'));
  expect(await seen()).toEqual(['gov', 'tower']);
  const reader = (await get('/api/v1/live')).body?.getReader();
  await reader?.read();
  give(at('lib', 'viewer'));
  await expect.poll(async () => (await reader?.read())?.done, { timeout: 20_000 }).toBe(true);
  expect(await seen()).toEqual(['lib']);
  expect((await get('/api/v1/summary?node=gov')).status).toBe(404);
  give(at('city', 'supervisor'));
  expect(await seen()).toEqual(['city', 'gov', 'tower', 'lib']);
  r.deps.accounts.people.change(id, { disabled: true });
  expect((await get('/api/v1/tree')).status).toBe(401);
});

test('a month is submitted by the institution, and taken on from above by another person', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r);
  const path = '/api/v1/filings/gov:monthly:2026-10';
  const both = person([...at('gov', 'energy_manager'), ...at('city', 'supervisor')], 'Li Si');
  const manager = person(at('gov', 'energy_manager'), 'Zhang San');
  const own = person(at('gov', 'supervisor'), 'Wang Wu');
  const bureau = person(at('city', 'supervisor'), 'Zhao Liu');
  const allowed = async (who: Identity): Promise<string[]> => {
    const { allowed } = (await (await ask(who, path)).json()) as { allowed: { action: string }[] };
    return allowed.map((a) => a.action);
  };
  const step = async (who: Identity, from: string, action: string): Promise<number> => {
    const init = { method: 'POST', ...json({ from, action, by: 'somebody else', remark: 'mend it' }) };
    return (await ask(who, `${path}/steps`, init)).status;
  };
  const { checks } = (await r.get(path)).body as { checks: { check: { id: string } }[] };
  for (const { check } of checks) {
    const init = { method: 'POST', ...json({ month: '2026-10', check: check.id, text: 'so it was' }) };
    expect((await ask(manager, `${path}/explanations`, init)).status).toBe(200);
  }
  expect(await allowed(person(at('gov', 'viewer')))).toEqual([]);
  expect(await allowed(manager)).toEqual(['submit']);
  expect(await step(both, 'draft', 'submit')).toBe(200);
  expect(await allowed(manager)).toEqual([]);
  expect([await step(manager, 'submitted', 'accept'), await step(own, 'submitted', 'accept')]).toEqual([
    403, 403,
  ]);
  // He may accept what others submitted, but not this.
  expect([await allowed(both), await step(both, 'submitted', 'accept')]).toEqual([[], 403]);
  expect(await allowed(bureau)).toEqual(['return', 'accept']);
  expect(await step(bureau, 'submitted', 'return')).toBe(200);
  expect(await step(manager, 'returned', 'submit')).toBe(200);
  expect(await step(both, 'submitted', 'accept')).toBe(200);
  const { steps } = (await r.get(path)).body as { steps: { action: string; by: string }[] };
  expect(steps.map((s) => [s.action, s.by])).toEqual([
    ['submit', 'Li Si'],
    ['return', 'Zhao Liu'],
    ['submit', 'Zhang San'],
    ['accept', 'Li Si'],
  ]);
});

test('a batch is for those who see all its institutions', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r);
  const made = await ask(person(at('city', 'supervisor')), '/api/v1/batches', {
    method: 'POST',
    ...json({ node: 'city', month: '2026-10', forms: ['xlsx'] }),
  });
  const { id } = (await made.json()) as { id: string };
  const list = async (who: Identity): Promise<string[]> => {
    const { batches } = (await (await ask(who, '/api/v1/batches')).json()) as { batches: { id: string }[] };
    return batches.map((b) => b.id);
  };
  const gov = person(at('gov', 'energy_manager'));
  expect([await list(person(at('city', 'viewer'))), await list(gov)]).toEqual([[id], []]);
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/archive'],
    ['DELETE', ''],
  ] as const) {
    expect((await ask(gov, `/api/v1/batches/${id}${path}`, { method })).status).toBe(404);
  }
  // Who sees it all and may file for a part only, may not take it away.
  const mixed = person([...at('city', 'viewer'), ...at('gov', 'energy_manager')]);
  expect((await ask(mixed, `/api/v1/batches/${id}`, { method: 'DELETE' })).status).toBe(403);
  expect(await list(mixed)).toEqual([id]);
});

test('beside what a person enters stands his name, whatever the request says', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r);
  const who = person(at(null, 'viewer', 'energy_manager', 'metering_engineer', 'supervisor'), 'Zhang San');
  const FALSE_NAME = 'impostor';
  const renamed = (text: string): string =>
    text
      .replaceAll(/("(?:recorded_by|by)":)"[^"]*"/g, `$1"${FALSE_NAME}"`)
      .replaceAll(/(recorded_by=)[^&]*/g, `$1${FALSE_NAME}`);
  const named: string[] = [];
  for (const [route, build] of Object.entries(REQUESTS)) {
    if (
      route.startsWith('GET') ||
      /\/(session|sessions|setup|people|tokens|devices|audit|backup|verify)\b/.test(route)
    )
      continue;
    const [path, init] = await build(r);
    const said = typeof init?.body === 'string' ? { ...init, body: renamed(init.body) } : init;
    if (renamed(path) !== path || said?.body !== init?.body) named.push(route);
    const answer = await ask(who, renamed(path), said);
    // Steps of a filing: what the setting up of the example submitted is accepted by then.
    expect([route, answer.status < 300]).toEqual([route, true]);
    await answer.body?.cancel();
  }
  expect(named.length).toBeGreaterThan(12);
  const kept = contentsOf(r.catalogue);
  expect(kept.split('\n').filter((row) => row.includes(FALSE_NAME))).toEqual([]);
  expect(kept.split('Zhang San').length).toBeGreaterThan(named.length);
});

test('only who is no person has to say who he is', async () => {
  const r = await rig(ESTATE);
  const path = '/api/v1/plans/gov/2026';
  const init = { method: 'PUT', ...json({ measures: [] }) };
  const answer = await r.app.request(path, init);
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { errors: [{ path: 'recorded_by', message: 'missing: who answers for it' }] },
  ]);
  expect((await asking(r)(person(at('gov', 'energy_manager')), path, init)).status).toBe(200);
});

/** Every row of every table, as text; but the audit trail, which keeps what was asked for as it was asked. */
function contentsOf(catalogue: Catalogue): string {
  const file = join(directory(), 'copy.sqlite');
  catalogue.backupTo(file);
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'audit'")
      .all();
    const rows = tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all());
    return rows.map((row) => JSON.stringify(row)).join('\n');
  } finally {
    db.close();
  }
}
