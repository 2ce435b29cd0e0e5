import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { AuditTrail } from '../../server/access/audit.ts';
import { HEADS_FILE, readHeads, writeHead } from '../../server/access/audit-heads.ts';
import { verifyAudit } from '../../server/access/audit-verify.ts';
import { type AuditDraft, hashOf } from '../../server/catalogue/audit.ts';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import type { Actor, AuditInput, AuditRow } from '../../server/domain/audit.ts';
import { directory } from '../support/directory.ts';

const NOW = Date.parse('2026-11-20T08:00:00Z');
const DAY = 86_400_000;
const ZHANG: Actor = { kind: 'person', id: 'p1', name: '张能管', address: '10.0.0.7', request: 'r-1' };
const log = { info: () => {}, error: () => {} };

interface Kept {
  at: string;
  catalogue: Catalogue;
  /** Goes behind the catalogue's back. */
  sql(text: string): void;
}

function kept(): Kept {
  const at = directory();
  const file = join(at, 'catalogue.sqlite');
  const catalogue = openCatalogue(file, { now: () => NOW });
  onTestFinished(() => catalogue.close());
  return {
    at,
    catalogue,
    sql(text) {
      const db = new DatabaseSync(file);
      try {
        db.exec(text);
      } finally {
        db.close();
      }
    },
  };
}

const draft = (i: number, at = NOW + i): AuditDraft => ({
  ...{ actor: ZHANG, at, action: 'export.readings', target: `meter-${i}`, outcome: 'done' },
});

/** Ten rows, with heads of the fourth and the tenth outside. */
function ten(): Kept {
  const k = kept();
  const { audit } = k.catalogue;
  for (let i = 1; i <= 10; i++) {
    audit.write([draft(i)]);
    const head = audit.head();
    if (head && (i === 4 || i === 10)) {
      writeHead(k.at, { at: new Date(NOW + i).toISOString(), no: head.no, hash: head.hash });
    }
  }
  return k;
}

const UNGUARDED = 'DROP TRIGGER audit_edited; DROP TRIGGER audit_deleted;';

test('the table itself refuses to be edited or emptied', () => {
  const { sql } = ten();
  expect(() => sql("UPDATE audit SET name = '李四' WHERE no = 3")).toThrow('the audit trail is never edited');
  expect(() => sql('DELETE FROM audit WHERE no = 10')).toThrow('never deleted, only archived');
  expect(() => sql('DELETE FROM audit')).toThrow('never deleted, only archived');
});

test('a trail that nobody touched is whole', async () => {
  const { catalogue, at } = ten();
  expect(await verifyAudit(catalogue.audit, at)).toEqual({
    ...{ rows: 10, first: 1, last: 10, heads: 2, archives: 0, elsewhere: [], fault: null },
  });
});

/** Computes the hashes of all rows from a number on again, as somebody would who knows how. */
function chainedAgain(k: Kept, from: number): void {
  const file = join(k.at, 'catalogue.sqlite');
  const db = new DatabaseSync(file);
  const rows = db.prepare('SELECT * FROM audit ORDER BY no').all() as unknown as AuditRow[];
  let previous = rows.find(({ no }) => no === from - 1)?.hash ?? '';
  for (const row of rows.filter(({ no }) => no >= from)) {
    const { hash: _, ...of } = { ...row, previous };
    const hash = hashOf(of);
    db.prepare('UPDATE audit SET previous = ?, hash = ? WHERE no = ?').run(previous, hash, row.no);
    previous = hash;
  }
  db.close();
}

const TAMPERED: [how: string, work: (k: Kept) => void, no: number, kind: string, said: RegExp][] = [
  [
    'a name',
    (k) => k.sql("UPDATE audit SET name = '李四' WHERE no = 3"),
    3,
    'changed',
    /^row 3 of 2026-11-20T08:00:00.003Z, export.readings, was changed/,
  ],
  ['a time', (k) => k.sql('UPDATE audit SET at = at - 60000 WHERE no = 1'), 1, 'changed', /^row 1 /],
  ['the last row', (k) => k.sql("UPDATE audit SET target = 'x' WHERE no = 10"), 10, 'changed', /^row 10 /],
  ['a row taken out', (k) => k.sql('DELETE FROM audit WHERE no = 5'), 5, 'removed', /^row 5 was removed$/],
  [
    'several taken out',
    (k) => k.sql('DELETE FROM audit WHERE no IN (5, 6, 7)'),
    5,
    'removed',
    /^rows 5 to 7 were removed$/,
  ],
  [
    'the first taken out',
    (k) => k.sql('DELETE FROM audit WHERE no = 1'),
    1,
    'removed',
    /^row 1 was removed$/,
  ],
  [
    'the end cut off',
    (k) => k.sql('DELETE FROM audit WHERE no > 8'),
    9,
    'cut',
    /^the rows from 9 on were cut off: at 2026-11-20T08:00:00.010Z there were 10$/,
  ],
  ['everything gone', (k) => k.sql('DELETE FROM audit'), 1, 'cut', /^the rows from 1 on were cut off/],
  [
    'two exchanged',
    (k) =>
      k.sql(
        'UPDATE audit SET no = 99 WHERE no = 6; UPDATE audit SET no = 6 WHERE no = 7; UPDATE audit SET no = 7 WHERE no = 99',
      ),
    6,
    'moved',
    /^row 6 .* does not follow row 5/,
  ],
  [
    'one put in and the others moved up',
    (k) => {
      k.sql('UPDATE audit SET no = no + 100 WHERE no >= 6; UPDATE audit SET no = no - 99 WHERE no > 100');
      k.sql(
        "INSERT INTO audit SELECT 6, at, until, count, kind, who, name, address, request, 'sign_in', target, before, after, outcome, status, (SELECT hash FROM audit WHERE no = 5), hash FROM audit WHERE no = 5",
      );
    },
    6,
    'changed',
    /^row 6 .*sign_in/,
  ],
  [
    'a row changed and all hashes after it made anew',
    (k) => {
      k.sql("UPDATE audit SET name = '李四' WHERE no = 6");
      chainedAgain(k, 6);
    },
    10,
    'replaced',
    /^row 10 is not the one that stood there at 2026-11-20T08:00:00.010Z/,
  ],
  [
    'a row taken out and all after it numbered and hashed anew',
    (k) => {
      k.sql('DELETE FROM audit WHERE no = 2; UPDATE audit SET no = no - 1 WHERE no > 2');
      chainedAgain(k, 2);
    },
    4,
    'replaced',
    /^row 4 is not the one/,
  ],
  [
    'rows that are said to be archived and are not',
    (k) => {
      k.sql(`INSERT INTO audit_archive SELECT no, 1, hash, 'audit-1-3.jsonl.gz', 'none', at FROM audit WHERE no = 3;
      DELETE FROM audit WHERE no <= 3`);
    },
    3,
    'archive',
    /^rows 1 to 3 are gone, and no row of the trail says/,
  ],
];

test.each(TAMPERED)('%s is found, and the row named', async (_, work, no, kind, said) => {
  const k = ten();
  k.sql(UNGUARDED);
  work(k);
  const { fault } = await verifyAudit(k.catalogue.audit, k.at);
  expect(fault).toMatchObject({ no, kind, detail: expect.stringMatching(said) });
});

test('what is said outside of the table is checked as well, and kept within bounds', async () => {
  const { at, catalogue } = ten();
  // As a power cut leaves it: the line is made good by the next one.
  appendFileSync(join(at, HEADS_FILE), '{"at":"2026-11-20T08:0');
  expect(readHeads(at)).toHaveLength(2);
  const head = catalogue.audit.head();
  writeHead(at, { at: new Date(NOW + 11).toISOString(), no: 10, hash: head?.hash ?? '' });
  expect(readHeads(at).map(({ no }) => no)).toEqual([4, 10, 10]);
  appendFileSync(join(at, HEADS_FILE), 'no head\n');
  expect((await verifyAudit(catalogue.audit, at)).fault).toMatchObject({
    kind: 'heads',
    detail: expect.stringContaining(`${HEADS_FILE}: line 4`),
  });
  // 12,000 lines of 124 bytes are 1.4 MiB: of older days one line each stays, and the newest thousand.
  const lines = Array.from({ length: 12_000 }, (__, i) =>
    JSON.stringify({ at: new Date(NOW + i * 600_000).toISOString(), no: i + 1, hash: 'a'.repeat(64) }),
  );
  writeFileSync(join(at, HEADS_FILE), `${lines.join('\n')}\n`);
  writeHead(at, { at: new Date(NOW + 12_000 * 600_000).toISOString(), no: 12_001, hash: 'b'.repeat(64) });
  const left = readHeads(at);
  expect(left.at(-1)?.no).toBe(12_001);
  // 12,000 × 10 minutes are 83 days and a third, from 8 o'clock on.
  expect(left.length).toBeGreaterThan(1000 + 70);
  expect(left.length).toBeLessThan(1000 + 90);
});

function trail(k: Kept, clock: { now: number }, months = 24): AuditTrail {
  return new AuditTrail({ store: k.catalogue.audit, directory: k.at, months, now: () => clock.now, log });
}

const wrong = (address: string, id = ''): AuditInput => ({
  actor: { kind: 'nobody', id, name: '', address, request: '' },
  ...{ action: 'sign_in', target: 'zhang', outcome: 'refused', status: 401 },
});

test('a thousand refusals a minute from fifty addresses are a hundred rows', async () => {
  const k = kept();
  const clock = { now: NOW };
  const t = trail(k, clock);
  for (let i = 0; i < 1000; i++) {
    clock.now = NOW + i * 59;
    t.write(wrong(`10.1.0.${i % 50}`));
  }
  await t.stop();
  const rows = k.catalogue.audit.after(0, 10_000);
  // The first of each address at once, the other 19 of each as one row with their number.
  expect(rows).toHaveLength(100);
  expect(rows.filter(({ count }) => count === 1)).toHaveLength(50);
  expect(rows.filter(({ count }) => count === 19)).toHaveLength(50);
  expect(rows.reduce((n, { count }) => n + count, 0)).toBe(1000);
  const counted = rows.find(({ count }) => count === 19) as AuditRow;
  expect(counted.until - counted.at).toBe((950 - 50) * 59);
  expect((await verifyAudit(k.catalogue.audit, k.at)).fault).toBeNull();
});

test('an attack that goes on for hours is told ever less often', async () => {
  const k = kept();
  const clock = { now: NOW };
  const t = trail(k, clock);
  for (let minute = 0; minute < 360; minute++) {
    clock.now = NOW + minute * 60_000;
    for (let i = 0; i < 200; i++) t.write(wrong(`10.1.0.${i}`));
    t.flush();
  }
  await t.stop();
  const rows = k.catalogue.audit.after(0, 100_000);
  expect(rows.reduce((n, { count }) => n + count, 0)).toBe(360 * 200);
  // Each of 100 addresses and all others together: the first, numbers after 2, 4, 8 and 16 minutes or sooner, then every
  // 10, and the rest.
  const each = 1 + 4 + Math.ceil((360 - 15) / 10) + 1;
  expect(rows.length).toBeLessThanOrEqual(101 * each);
  expect(rows.length).toBeGreaterThan(101 * (each - 4));
});

test('however many addresses there are, the rows of a minute are bounded and every refusal is counted', async () => {
  const k = kept();
  const t = trail(k, { now: NOW });
  for (let i = 0; i < 20_000; i++) t.write(wrong(`10.${i % 250}.${Math.floor(i / 250)}.1`));
  await t.stop();
  const rows = k.catalogue.audit.after(0, 10_000);
  // A hundred addresses, and one row for the first of all others and one for the rest.
  expect(rows).toHaveLength(100 + 2);
  expect(rows.reduce((n, { count }) => n + count, 0)).toBe(20_000);
  expect(rows.at(-1)).toMatchObject({ action: 'many', address: '', count: 20_000 - 100 - 1 });
});

test('while nothing can be written entries wait, within bounds, and then are there with the number of those that did not fit', async () => {
  const k = kept();
  const t = trail(k, { now: NOW });
  k.sql(
    "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
  );
  for (let i = 0; i < 6000; i++) {
    t.write({ actor: ZHANG, action: 'export.readings', target: `m-${i}`, outcome: 'done' });
  }
  t.flush();
  expect(t.failure).toBe('database or disk is full');
  expect(k.catalogue.audit.head()).toBeNull();
  k.sql('DROP TRIGGER full');
  t.flush();
  expect(t.failure).toBeNull();
  const rows = k.catalogue.audit.after(0, 10_000);
  expect(rows.filter(({ action }) => action === 'export.readings')).toHaveLength(5000);
  expect(rows.filter(({ action }) => action === 'audit.lost').map(({ count }) => count)).toEqual([1000]);
  await t.stop();
});

test('old rows go into packed files that the walk reads, and deleting a file or changing it is told', async () => {
  const k = kept();
  const { audit } = k.catalogue;
  // 400 days ago, 300 days ago and today.
  const ages = [400, 400, 300, 300, 300, 0, 0];
  audit.write(ages.map((age, i) => draft(i + 1, NOW - age * DAY)));
  const archiving = async (months: number): Promise<void> => {
    const t = trail(k, { now: NOW }, months);
    t.archive();
    await t.stop();
  };
  await archiving(12);
  expect(audit.archives()).toMatchObject([{ firstNo: 1, lastNo: 2, file: 'audit-1-2.jsonl.gz' }]);
  await archiving(6);
  expect(audit.archives()).toMatchObject([{ lastNo: 2 }, { firstNo: 3, lastNo: 5 }]);
  // 3 to 5 went; 6 and 7 stayed, 8 and 9 tell of the archives.
  expect(audit.after(0, 100).map(({ no, action }) => [no, action])).toEqual([
    [6, 'export.readings'],
    [7, 'export.readings'],
    [8, 'audit.archive'],
    [9, 'audit.archive'],
  ]);
  expect(await verifyAudit(audit, k.at)).toMatchObject({ rows: 9, archives: 2, elsewhere: [], fault: null });
  expect(() => k.sql('DELETE FROM audit_archive')).toThrow('the record of an archive is never deleted');

  const elsewhere = join(k.at, 'elsewhere');
  mkdirSync(elsewhere);
  expect(await verifyAudit(audit, elsewhere)).toMatchObject({
    ...{ rows: 4, archives: 0, elsewhere: ['audit-1-2.jsonl.gz', 'audit-3-5.jsonl.gz'], fault: null },
  });
  const file = join(k.at, 'audit-3-5.jsonl.gz');
  const bytes = readFileSync(file);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  expect((await verifyAudit(audit, k.at)).fault).toMatchObject({
    ...{ no: 3, kind: 'archive', detail: `${file} is damaged: its checksum differs` },
  });
});

test('at start the table is held against what was its head the last time', async () => {
  const k = kept();
  const clock = { now: NOW };
  const first = trail(k, clock);
  first.start();
  first.write({ actor: ZHANG, action: 'backup', outcome: 'done' });
  first.write({ actor: ZHANG, action: 'backup', outcome: 'done' });
  await first.stop();
  expect(readHeads(k.at)).toMatchObject([{ no: 2 }]);
  const second = trail(k, clock);
  second.start();
  expect(second.fault).toBeNull();
  await second.stop();
  k.sql(`${UNGUARDED} DELETE FROM audit WHERE no = 2`);
  const third = trail(k, clock);
  third.start();
  expect(third.fault).toContain('the audit trail has no row 2');
  await third.stop();
});

test('a change and its row are written together or not at all; secrets and long values are left out', () => {
  const { catalogue, sql } = kept();
  const estate = 'version: 1\nnodes:\n  - { id: gov, name: 行政中心, kind: building }\n';
  sql("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
  expect(() => catalogue.applyEstate(estate, '王工')).toThrow('disk is full');
  expect(catalogue.snapshot().nodes).toEqual([]);
  sql('DROP TRIGGER full');
  catalogue.applyEstate(estate, '王工');
  expect(catalogue.audit.after(0, 10)).toMatchObject([
    {
      ...{ no: 1, kind: 'system', name: '王工', action: 'node.create', target: 'node/gov', before: null },
      after: expect.stringContaining('"source":"estate file"'),
    },
  ]);
  catalogue.audit.write([
    {
      ...draft(1),
      before: { name: 'a', password: 'hunter2', nested: [{ api_token: 't-1', codes: ['1'] }] },
      after: { text: '长'.repeat(9000), lone: '\ud800', nothing: 'a\0b' },
    },
  ]);
  const row = catalogue.audit.at(2) as AuditRow;
  expect(row.before).toBe('{"name":"a","password":"***","nested":[{"api_token":"***","codes":"***"}]}');
  expect(JSON.parse(row.after as string)).toMatchObject({
    characters: expect.any(Number),
    sha256: expect.any(String),
  });
  expect((row.after as string).length).toBeLessThan(2000);
});
