import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { verifyAudit } from '../../server/access/audit-verify.ts';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { behind, EXAMPLE } from '../catalogue/temporary-catalogue.ts';
import { directory } from '../support/directory.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';

/** Often enough that they are at it at once, whichever starts first. */
const TIMES = { file: 200, server: 30 };
const OTHERS = ['甲', '乙', '丙'];

/** Three processes that change one meter again and again, at once. */
async function changedByOthers(place: string, times: number): Promise<void> {
  const script = new URL('../catalogue/other-process.ts', import.meta.url).pathname;
  const ended = OTHERS.map(async (name) => {
    const child = spawn(process.execPath, [script, 'count', place, name, String(times)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return (await once(child, 'exit'))[0] as unknown;
  });
  expect(await Promise.all(ended)).toEqual(OTHERS.map(() => 0));
}

async function oneChain(place: string, times: number): Promise<void> {
  const catalogue = openCatalogue(place);
  onTestFinished(() => catalogue.close());
  catalogue.applyEstate(EXAMPLE, 'test');
  const before = catalogue.audit.head()?.no ?? 0;
  await changedByOthers(place, times);
  const verdict = await verifyAudit(catalogue.audit, directory());
  expect(verdict).toMatchObject({ rows: before + OTHERS.length * times, fault: null });
  const rows = catalogue.audit.after(before, 1000);
  for (const name of OTHERS) expect(rows.filter((row) => row.name === name)).toHaveLength(times);
}

test('several processes on one file make one chain', async () => {
  await oneChain(join(directory(), 'catalogue.sqlite'), TIMES.file);
}, 120_000);

describe.runIf(hasPostgres())('on PostgreSQL', () => {
  const server = new PostgresServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  test('several processes make one chain', async () => {
    await oneChain(server.schema(), TIMES.server);
  }, 120_000);

  test('the table refuses to be edited, and what is changed behind its back is named', async () => {
    const url = server.schema();
    const catalogue = openCatalogue(url);
    onTestFinished(() => catalogue.close());
    catalogue.applyEstate(EXAMPLE, 'test');
    const sql = (text: string): unknown => behind(url, (run) => run(text));
    expect(() => sql("UPDATE audit SET name = '别人'")).toThrow('the audit trail is never edited');
    expect(() => sql('DELETE FROM audit')).toThrow('never deleted, only archived');
    sql('ALTER TABLE audit DISABLE TRIGGER ALL');
    sql("UPDATE audit SET name = '别人' WHERE no = 2");
    expect((await verifyAudit(catalogue.audit, directory())).fault).toMatchObject({ no: 2, kind: 'changed' });
  });
});
