import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import { CatalogueUnavailable } from '../../server/catalogue/database.ts';
import { openPostgres } from '../../server/catalogue/postgres/database.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { until } from '../support/server.ts';
import { EXAMPLE, temporaryCatalogue } from './temporary-catalogue.ts';

/** Long enough for a loaded machine; each wait ends with its condition. */
const LONG = 30_000;

describe.runIf(hasPostgres())('PostgreSQL', () => {
  const server = new PostgresServer();
  beforeAll(() => server.start());
  afterEach(() => server.signal('SIGCONT'));
  afterAll(() => server.remove());

  const furnished = (url = server.schema()): Catalogue => {
    const catalogue = temporaryCatalogue({}, url);
    catalogue.applyEstate(EXAMPLE, 'test');
    return catalogue;
  };
  const people = (value: number) => ({ attribute: 'people', values: [{ from: '2024-01-01', value }] });
  const answers = (catalogue: Catalogue): Promise<string | null> =>
    until(
      async () => catalogue.store.error,
      (error) => error === null,
      LONG,
    );

  test('stopped and back: what is in memory serves, nobody waits, and the next change goes through', async () => {
    const url = server.schema();
    const catalogue = furnished(url);
    const snapshot = catalogue.snapshot();
    await server.stop('SIGINT');
    await until(
      async () => catalogue.store.error,
      (error) => error !== null,
      LONG,
    );
    expect(catalogue.store).toEqual({ engine: 'postgresql', error: expect.stringContaining('127.0.0.1') });
    expect(catalogue.store.error).not.toContain(server.password);
    expect(() => catalogue.changeNode('gov', people(5), 'a', 's')).toThrow(CatalogueUnavailable);
    expect(() => catalogue.changes()).toThrow(CatalogueUnavailable);
    expect(catalogue.refresh()).toBe(false);
    expect(catalogue.snapshot()).toBe(snapshot);
    await server.start();
    await answers(catalogue);
    expect(catalogue.changeNode('gov', people(6), 'a', 's')).toBe(2);
    expect(catalogue.snapshot().node('gov')?.attributes.people).toEqual([{ from: '2024-01-01', value: 6 }]);
  });

  test('a connection cut in the middle of a transaction: nothing of it is written, not even on the next connection', async () => {
    const url = server.schema();
    const catalogue = furnished(url);
    const other = openPostgres(url);
    const put = "INSERT INTO policy (kind, id, body) VALUES ('x', ?, '{}')";
    const cut =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'jieneng'";
    const read = "SELECT count(*) AS n FROM policy WHERE kind = 'x'";
    expect(() =>
      other.write(() => {
        other.prepare(put).run('one');
        expect(other.prepare(read).get()?.n).toBe(1);
        server.sql(cut);
        // A caller that swallows the error still writes nothing.
        expect(() => other.prepare(read).get()).toThrow(CatalogueUnavailable);
        other.prepare(put).run('two');
      }),
    ).toThrow(CatalogueUnavailable);
    await until(
      async () => other.failure,
      (failure) => failure === null,
      LONG,
    );
    expect(other.prepare(read).get()?.n).toBe(0);
    await answers(catalogue);
    expect(catalogue.changeNode('gov', people(7), 'a', 's')).toBe(2);
    other.close();
  });

  test('ended at once, without closing anything: it comes back with what was committed', async () => {
    const url = server.schema();
    const catalogue = furnished(url);
    catalogue.changeNode('gov', people(8), 'a', 's');
    await server.stop('SIGQUIT');
    expect(() => catalogue.changeNode('gov', people(9), 'a', 's')).toThrow(CatalogueUnavailable);
    await server.start();
    await answers(catalogue);
    expect(temporaryCatalogue({}, url).snapshot().node('gov')?.attributes.people).toMatchObject([
      { value: 8 },
    ]);
  });

  test('hanging: one caller waits for some seconds, those after it not at all, and it is used again when it goes on', async () => {
    const catalogue = furnished();
    server.signal('SIGSTOP');
    expect(() => catalogue.changes()).toThrow(CatalogueUnavailable);
    expect(catalogue.store.error).toMatch(/did not answer|no answer/);
    for (let i = 0; i < 100; i++) expect(() => catalogue.changes()).toThrow(CatalogueUnavailable);
    server.signal('SIGCONT');
    await answers(catalogue);
    expect(catalogue.changes({ limit: 1 })).toHaveLength(1);
  });

  test('a statement that takes too long is ended by the server, and the store is used on', () => {
    const db = openPostgres(server.schema());
    expect(() => db.prepare('SELECT pg_sleep(60)').get()).toThrow(/took too long/);
    expect(db.failure).toBeNull();
    expect(db.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 });
    db.close();
  });

  test('another process that keeps the lock: the writer is told, and can write after it', () => {
    const url = server.schema();
    const catalogue = furnished(url);
    const other = openPostgres(url);
    other.write(() => {
      expect(other.prepare("SELECT value FROM setting WHERE name = 'revision'").get()?.value).toBe('1');
      expect(() => catalogue.changeNode('gov', people(5), 'a', 's')).toThrow(
        /another process has been writing/,
      );
    });
    other.close();
    expect(catalogue.changeNode('gov', people(5), 'a', 's')).toBe(2);
  });
});
