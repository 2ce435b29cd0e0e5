import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import { CatalogueTextError, CatalogueUnavailable } from '../../server/catalogue/database.ts';
import { CatalogueFileError } from '../../server/catalogue/migrations.ts';
import { addressOf } from '../../server/catalogue/postgres/address.ts';
import { Bridge } from '../../server/catalogue/postgres/bridge.ts';
import { openPostgres } from '../../server/catalogue/postgres/database.ts';
import { migratePostgres, POSTGRES_MIGRATIONS } from '../../server/catalogue/postgres/migrations.ts';
import { numbered } from '../../server/catalogue/postgres/statement-text.ts';
import { MIGRATIONS } from '../../server/catalogue/schema.ts';
import { copyIntoPostgres, TABLES } from '../../server/catalogue/transfer.ts';
import { readSettings } from '../../server/config.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { behind, EXAMPLE, seeChange, temporaryCatalogue, temporaryFile } from './temporary-catalogue.ts';

/** @returns its exit code */
async function otherProcess(...args: string[]): Promise<unknown> {
  const script = new URL('other-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  return (await once(child, 'exit'))[0];
}

describe('an address', () => {
  test('names the database and a schema of it, and is shown without its password', () => {
    const { shown, schema, secret, connectionString } = addressOf(
      'postgres://jn:s%40cret@db.local:5433/estate?schema=city&sslmode=require',
    );
    expect([shown, schema, secret]).toEqual([
      'postgres://db.local:5433/estate schema city',
      'city',
      's@cret',
    ]);
    expect(connectionString).toBe('postgres://jn:s%40cret@db.local:5433/estate?sslmode=require');
    expect(addressOf('postgresql:///estate?host=/run/postgresql&user=jn').shown).toBe(
      'postgres:///run/postgresql/estate',
    );
  });

  test.each(['mysql://u:hidden@h/d', 'postgres://u:hidden@h/d?schema=A-B', 'postgres://u:hidden@h:port/d'])(
    '%s is refused without being repeated',
    (location) => {
      expect(() => addressOf(location)).toThrow(RangeError);
      expect(() => addressOf(location)).not.toThrow('hidden');
    },
  );
});

test('the setting is checked at start, and a mistake in it is told without its password', () => {
  const read = (url: string) => readSettings({ JIENENG_DATA: '/nowhere', DATABASE_URL: url });
  expect(read('postgres://jn:pw@db/estate').DATABASE_URL).toBe('postgres://jn:pw@db/estate');
  expect(read('').DATABASE_URL).toBeUndefined();
  expect(() => read('mysql://jn:hidden@db/estate')).toThrow(
    'environment: DATABASE_URL: must be the address of a PostgreSQL database, postgres://user@host/database',
  );
  expect(() => read('postgres://jn:hidden@db/estate?schema=Big')).toThrow(
    'environment: DATABASE_URL: schema must be 1 to 63 of a–z 0–9 _, not beginning with a digit',
  );
});

test('parameters are numbered, question marks in strings, names and comments are not', () => {
  expect(numbered(`SELECT '?', '''?', "?" -- ?\n, /* ? */ ? FROM a WHERE b = ?`)).toBe(
    `SELECT '?', '''?', "?" -- ?\n, /* ? */ $1 FROM a WHERE b = $2`,
  );
});

test('no engine takes a text with U+0000', () => {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(EXAMPLE, 'test');
  expect(() => catalogue.applyEstate(EXAMPLE.replace('总进线', '总表'), 'a\0b')).toThrow(CatalogueTextError);
  expect(catalogue.version).toBe(1);
});

describe.runIf(hasPostgres())('a catalogue on PostgreSQL', () => {
  const server = new PostgresServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  test('lives in a schema of somebody who may make none, and says which rights it lacks', () => {
    server.sql("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    server.sql('CREATE SCHEMA given; GRANT USAGE, CREATE ON SCHEMA given TO plain');
    const at = (schema: string) =>
      server.schema(schema).replace(`${server.user}:${server.password}`, 'plain:plain');
    expect(() => openCatalogue(at('none'))).toThrow(
      /schema none: permission denied for database postgres; its user needs USAGE and CREATE on the schema/,
    );
    const catalogue = openCatalogue(at('given'));
    catalogue.applyEstate(EXAMPLE, 'test');
    expect(catalogue.version).toBe(1);
    catalogue.close();
  });

  test.each([
    ['rights', 'ALTER TABLE taken.setting OWNER TO jieneng', 'ALTER TABLE taken.setting OWNER TO owner'],
    ['tables', 'ALTER SCHEMA taken RENAME TO away', 'ALTER SCHEMA away RENAME TO taken'],
  ])('%s that are taken away and given back are an outage, with its reason', async (what, take, give) => {
    if (what === 'rights') {
      server.sql("CREATE ROLE owner LOGIN PASSWORD 'owner'; GRANT owner TO jieneng");
      server.sql('CREATE SCHEMA taken AUTHORIZATION owner');
    }
    const catalogue = openCatalogue(
      server.schema('taken').replace(`${server.user}:${server.password}`, 'owner:owner'),
    );
    if (catalogue.version === 0) catalogue.applyEstate(EXAMPLE, 'test');
    server.sql(take);
    const deadline = Date.now() + 20_000;
    const change = (): unknown => {
      try {
        return catalogue.applyEstate(EXAMPLE.replace('总进线', what), 'test');
      } catch (error) {
        return error;
      }
    };
    // Before it was looked at as well as after.
    expect(change()).toBeInstanceOf(CatalogueUnavailable);
    while (catalogue.store.error === null && Date.now() < deadline) await wait(20);
    expect(catalogue.store.error).toMatch(/permission denied for table setting|"setting" does not exist/);
    expect(catalogue.refresh()).toBe(false);
    server.sql(give);
    while (catalogue.store.error !== null && Date.now() < deadline) await wait(20);
    expect(change()).toMatchObject({ updated: 1 });
    catalogue.close();
  });

  test('has the tables, columns, keys and refusals of the file', () => {
    const url = server.schema();
    openCatalogue(url).close();
    const file = temporaryFile();
    openCatalogue(file).close();
    const { schema } = addressOf(url);
    for (const table of TABLES) {
      const columns = behind(file, (sql) =>
        sql(`SELECT group_concat(name || ' ' || CASE type WHEN 'INTEGER' THEN 'bigint' WHEN 'REAL' THEN
               'double precision' WHEN 'BLOB' THEN 'bytea' ELSE 'text' END || ' ' || ("notnull" OR pk > 0), ', ')
             FROM (SELECT * FROM pragma_table_info('${table}') ORDER BY name)`),
      );
      const ours = server.sql(
        `SELECT string_agg(column_name || ' ' || data_type || ' ' || (is_nullable = 'NO')::int, ', '
           ORDER BY column_name COLLATE "C")
         FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${table}'`,
      );
      expect(ours, table).toBe(columns);
    }
    const count = (what: string): unknown =>
      behind(file, (sql) => sql(`SELECT count(*) FROM sqlite_master WHERE ${what}`));
    const counted = (from: string): number => Number(server.sql(`SELECT count(*) FROM ${from}`));
    expect(counted(`pg_tables WHERE schemaname = '${schema}'`)).toBe(TABLES.length + 1);
    expect(count("type = 'table' AND name NOT LIKE 'sqlite_%'")).toBe(TABLES.length);
    const named = "type = 'index' AND sql IS NOT NULL";
    expect(
      counted(
        `pg_indexes i WHERE schemaname = '${schema}' AND NOT EXISTS
           (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)`,
      ),
    ).toBe(count(named));
    expect(
      counted(`pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = '${schema}' AND NOT t.tgisinternal`),
    ).toBe(count("type = 'trigger'"));
    const loose = `pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = '${schema}' AND c.relkind = 'r' AND a.attcollation NOT IN
        (0, (SELECT oid FROM pg_collation WHERE collname = 'C'))`;
    // Sorted by bytes, as SQLite does.
    expect(counted(loose)).toBe(0);
  });

  test('of two processes that begin at once one makes the tables', async () => {
    const url = server.schema();
    const children = ['甲', '乙', '丙'].map((name) => otherProcess('apply', url, name, EXAMPLE));
    expect(await Promise.all(children)).toEqual([0, 0, 0]);
    const catalogue = temporaryCatalogue({}, url);
    // The first one's file; for the others there was nothing left to do.
    expect([catalogue.version, catalogue.snapshot().meters.length]).toEqual([1, 1]);
    const { schema } = addressOf(url);
    expect(server.sql(`SELECT version FROM ${schema}.jieneng_catalogue`)).toBe(String(MIGRATIONS.length));
  });

  test('a newer schema, another program’s tables and another encoding are refused untouched', () => {
    const newer = server.schema();
    openCatalogue(newer).close();
    const { schema, shown } = addressOf(newer);
    const next = MIGRATIONS.length + 1;
    server.sql(`UPDATE ${schema}.jieneng_catalogue SET version = ${next}`);
    expect(() => openCatalogue(newer)).toThrow(
      new CatalogueFileError(
        `${shown}: has schema version ${next}, this program knows versions up to ${next - 1}; use the newer program`,
      ),
    );
    const foreign = server.schema('foreign_tables');
    server.sql('CREATE SCHEMA foreign_tables; CREATE TABLE foreign_tables.album (title text)');
    expect(() => openCatalogue(foreign)).toThrow('holds tables of another program');
    expect(server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'foreign_tables'")).toBe('1');
    server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    const latin = server.schema('a').replace('/postgres?', '/latin?');
    expect(() => openCatalogue(latin)).toThrow('its encoding is LATIN1, it must be UTF8');
  });

  test('a step that fails leaves the schema as it was', () => {
    const url = server.schema();
    openCatalogue(url).close();
    const address = addressOf(url);
    const bridge = new Bridge(address);
    bridge.open();
    const broken = [
      ...POSTGRES_MIGRATIONS,
      { to: 99, sql: 'CREATE TABLE extra (a text); INSERT INTO nowhere VALUES (1)' },
    ];
    expect(() => migratePostgres(bridge, address, broken)).toThrow(/nowhere.* does not exist/);
    bridge.close();
    expect(server.sql(`SELECT to_regclass('${address.schema}.extra') IS NULL`)).toBe('t');
    openCatalogue(url).close();
  });

  test('a wrong password and a server that is not there are told at once, the password never', () => {
    const wrong = server.schema().replace(server.password, 'hunter-2');
    expect(() => openCatalogue(wrong)).toThrow(CatalogueUnavailable);
    expect(() => openCatalogue(wrong)).toThrow('password authentication failed');
    expect(() => openCatalogue(wrong)).not.toThrow('hunter-2');
    const nobody = server.schema().replace(`:${server.port}/`, ':1/');
    expect(() => openCatalogue(nobody)).toThrow('ECONNREFUSED');
  });

  test('two processes that write at once lose nothing', async () => {
    const url = server.schema();
    const catalogue = temporaryCatalogue({}, url);
    catalogue.applyEstate(EXAMPLE, 'test');
    const children = ['甲', '乙'].map((name) => otherProcess('count', url, name, '25'));
    expect(await Promise.all(children)).toEqual([0, 0]);
    await seeChange(catalogue);
    expect(catalogue.version).toBe(1 + 2 * 25);
    // Each adds 1 to what it finds, 25 times: 40 and 60 became 40 + 50 and 60 + 50.
    expect(
      catalogue
        .snapshot()
        .meter('gov-main')
        ?.epochs.map((e) => e.multiplier),
    ).toEqual([90, 110]);
    expect(new Set(catalogue.changes({ limit: 50 }).map((c) => c.revision)).size).toBe(50);
  });

  test('what is sorted is sorted by its bytes, numbers and bytes come back as they were', () => {
    const db = openPostgres(server.schema());
    const rows = ['b', 'A', 'a', 'Z', '_', '文', 'é'].map((name) => ['policy', name, '{}'] as const);
    db.write(() => {
      const put = db.prepare('INSERT INTO policy (kind, id, body) VALUES (?, ?, ?)');
      for (const row of rows) put.run(...row);
    });
    expect(
      db
        .prepare('SELECT id FROM policy ORDER BY id')
        .all()
        .map((r) => r.id),
    ).toEqual(['A', 'Z', '_', 'a', 'b', 'é', '文']);
    const back = db
      .prepare(
        'SELECT CAST(? AS double precision) AS x, CAST(? AS bigint) AS n, CAST(? AS bytea) AS b, ? AS t',
      )
      .get(0.1 + 0.2, 2 ** 53 - 1, new Uint8Array([0, 255, 39, 92]), "it's \\ ? \n 文");
    expect(back).toEqual({
      x: 0.30000000000000004,
      n: 9007199254740991,
      b: new Uint8Array([0, 255, 39, 92]),
      t: "it's \\ ? \n 文",
    });
    expect(
      db.read(() => [...db.prepare('SELECT generate_series(1, ?::int) AS n').iterate(12_001)].length),
    ).toBe(12_001);
    db.close();
  });

  test('a statement that came into a transaction after an error is good in the next one', () => {
    const db = openPostgres(server.schema());
    const bad = db.prepare("INSERT INTO policy (kind, id, body) VALUES ('x', ?, NULL)");
    const good = db.prepare("INSERT INTO policy (kind, id, body) VALUES ('x', ?, '{}')");
    const count = db.prepare('SELECT count(*) AS n FROM policy');
    const both = (): unknown =>
      db.write(() => {
        bad.run('a');
        good.run('a');
        return count.get()?.n;
      });
    // The first error is told, not that of those after it.
    expect(both).toThrow('null value in column "body"');
    expect(both).toThrow('null value in column "body"');
    db.write(() => {
      good.run('a');
      good.run('b');
    });
    expect(count.get()?.n).toBe(2);
    // What is wrong with the last write is thrown by the end of the transaction.
    expect(() => db.write(() => good.run('b'))).toThrow('duplicate key');
    expect(count.get()?.n).toBe(2);
    db.close();
  });

  test('a catalogue is copied into PostgreSQL and back, row by row', () => {
    const file = temporaryFile();
    const kept = temporaryCatalogue({ now: () => 17 }, file);
    kept.applyEstate(EXAMPLE, 'test');
    kept.changeNode('gov', { attribute: 'people', values: [{ from: '2024-01-01', value: 12 }] }, '王工', 'x');
    kept.addEstimate('gov-main', { from: 0, to: 10, quantity: 5, reason: '停电', recordedBy: '王工' });
    const key = { node: 'gov', form: 'monthly', period: '2026-11' } as const;
    const frozen = { hash: 'a'.repeat(64), bytes: new Uint8Array([0, 1, 255]) };
    kept.filings.step(key, 'draft', { action: 'submit', at: 5, by: '李四', remark: '', frozen });
    const url = server.schema();
    const to = openPostgres(url);
    expect(copyIntoPostgres(file, to)).toBeGreaterThan(10);
    expect(() => copyIntoPostgres(file, to)).toThrow('holds a catalogue already');
    to.close();
    const moved = temporaryCatalogue({ now: () => 18 }, url);
    const all = (c: Catalogue) => [
      c.exportEstate(),
      c.version,
      c.changes({ limit: 100 }),
      c.statements('gov-main'),
      c.valueRecords('gov'),
      c.filings.list('2026-01', '2026-12'),
      c.filings.frozen(key, frozen.hash),
    ];
    expect(all(moved)).toEqual(all(kept));
    const back = temporaryFile();
    moved.backupTo(back);
    // One file, and not written ahead (1, not 2, in the byte that says how to read it).
    expect([readdirSync(dirname(back)), readFileSync(back)[18]]).toEqual([['catalogue.sqlite'], 1]);
    expect(all(temporaryCatalogue({}, back))).toEqual(all(kept));
    // Numbers go on where they were: node 3 and meter 2 come next.
    moved.applyEstate(EXAMPLE.replace('id: gov-main', 'id: gov-2'), 'test');
    expect(moved.snapshot().meter('gov-2')?.no).toBe((kept.snapshot().meter('gov-main')?.no ?? 0) + 1);
  });
});
