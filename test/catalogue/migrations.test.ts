import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { CatalogueFileError, migrate } from '../../server/catalogue/migrations.ts';
import { MIGRATIONS } from '../../server/catalogue/schema.ts';
import { EXAMPLE, temporaryCatalogue, temporaryFile } from './temporary-catalogue.ts';

function withDatabase<T>(file: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(file);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function schemaOf(file: string): unknown[] {
  return withDatabase(file, (db) => [
    ...db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').all(),
    db.prepare('PRAGMA user_version').get(),
    db.prepare('PRAGMA application_id').get(),
  ]);
}

test.each(MIGRATIONS.map((_, version) => version))(
  'a catalogue of schema %i is upgraded to what a fresh install has',
  (version) => {
    const old = temporaryFile();
    withDatabase(old, (db) => migrate(db, old, MIGRATIONS.slice(0, version)));
    expect(withDatabase(old, (db) => db.prepare('PRAGMA user_version').get()?.user_version)).toBe(version);
    openCatalogue(old).close();
    const fresh = temporaryFile();
    openCatalogue(fresh).close();
    expect(schemaOf(old)).toEqual(schemaOf(fresh));
    expect(schemaOf(old)).toContainEqual({ user_version: MIGRATIONS.length });
  },
);

test('an upgrade keeps what was there', () => {
  const file = temporaryFile();
  withDatabase(file, (db) => {
    migrate(db, file, MIGRATIONS.slice(0, 1));
    db.exec("UPDATE setting SET value = 'Europe/Berlin' WHERE name = 'timezone'");
    db.exec("INSERT INTO node (id, name, kind) VALUES ('city', '示例市', 'region')");
  });
  const estate = temporaryCatalogue({}, file).snapshot();
  expect(estate.zone.name).toBe('Europe/Berlin');
  expect(estate.nodes).toEqual([
    { id: 'city', name: '示例市', kind: 'region', parent: null, attributes: {} },
  ]);
});

test('meters of an older schema count what is used, and nobody is known to have recorded their epochs', () => {
  const file = temporaryFile();
  withDatabase(file, (db) => {
    migrate(db, file, MIGRATIONS.slice(0, 2));
    db.exec("INSERT INTO node (id, name, kind) VALUES ('b', 'B', 'building')");
    db.exec(`INSERT INTO meter (id, name, node, carrier, register, unit, interval_s, interval_label)
      VALUES ('up', 'U', 'b', 'water', 'cumulative', 'm³', 900, 'start')`);
    db.exec(`INSERT INTO meter (id, name, node, carrier, parent, register, unit, interval_s, interval_label)
      VALUES ('m', 'M', 'b', 'water', 'up', 'cumulative', 'm³', 900, 'start')`);
    db.exec('INSERT INTO meter_epoch (meter, seq, multiplier) VALUES (1, 0, 1), (2, 0, 40)');
  });
  expect(temporaryCatalogue({}, file).snapshot().meter('m')).toMatchObject({
    ...{ parent: 'up', direction: 'in', volatile: false, learned: null, manual: [], estimates: [] },
    epochs: [{ multiplier: 40, continues: false, recordedBy: null, recordedAt: null }],
  });
});

test('the database itself keeps statements from being edited, deleted or withdrawn twice', () => {
  const file = temporaryFile();
  const catalogue = temporaryCatalogue({}, file);
  catalogue.applyEstate(EXAMPLE, 'test');
  catalogue.addEstimate('gov-main', { from: 0, to: 10, quantity: 5, reason: 'dark', recordedBy: '王工' });
  withDatabase(file, (db) => {
    const edited = 'a statement is never edited, only withdrawn';
    expect(() => db.exec('DELETE FROM statement')).toThrow('a statement is never deleted');
    expect(() => db.exec('UPDATE statement SET amount = 6')).toThrow(edited);
    expect(() => db.exec("UPDATE statement SET reason = 'x', withdrawn_at = 1")).toThrow(edited);
    db.exec('UPDATE statement SET withdrawn_at = 1');
    expect(() => db.exec('UPDATE statement SET withdrawn_at = NULL')).toThrow(edited);
  });
});

test('a step that fails leaves the schema as it was', () => {
  const file = temporaryFile();
  openCatalogue(file).close();
  const before = schemaOf(file);
  withDatabase(file, (db) => {
    const broken = [...MIGRATIONS, 'CREATE TABLE extra (a); INSERT INTO nowhere VALUES (1);'];
    expect(() => migrate(db, file, broken)).toThrow('no such table: nowhere');
  });
  expect(schemaOf(file)).toEqual(before);
});

test('a newer schema is refused, naming both versions, and nothing is written', () => {
  const file = temporaryFile();
  withDatabase(file, (db) => {
    migrate(db, file, [...MIGRATIONS, 'CREATE TABLE of_tomorrow (a)']);
  });
  const before = readFileSync(file);
  const newer = MIGRATIONS.length + 1;
  expect(() => openCatalogue(file)).toThrow(
    new CatalogueFileError(
      `${file}: has schema version ${newer}, this program knows versions up to ${newer - 1}; use the newer program`,
    ),
  );
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(dirname(file))).toEqual(['catalogue.sqlite']);
});

test('a database of another program, and a file that is no database, are refused untouched', () => {
  const other = temporaryFile();
  withDatabase(other, (db) => db.exec('CREATE TABLE album (title TEXT)'));
  const bytes = readFileSync(other);
  expect(() => openCatalogue(other)).toThrow(`${other}: is a database, but not a jieneng catalogue`);
  expect(readFileSync(other).equals(bytes)).toBe(true);
  const text = temporaryFile();
  writeFileSync(
    text,
    'not a database at all, but long enough to have a header of a hundred bytes\n'.repeat(20),
  );
  expect(() => openCatalogue(text)).toThrow(new CatalogueFileError(`${text}: is not a database`));
});

test('a catalogue is written ahead, so that readers and the one writer do not wait for each other', () => {
  const file = temporaryFile();
  temporaryCatalogue({}, file);
  const mode = withDatabase(file, (db) => db.prepare('PRAGMA journal_mode').get());
  expect(mode).toEqual({ journal_mode: 'wal' });
});
