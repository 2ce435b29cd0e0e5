import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach } from 'vitest';
import { type Catalogue, type CatalogueOptions, openCatalogue } from '../../server/catalogue/catalogue.ts';
import { addressOf, isPostgres } from '../../server/catalogue/postgres/address.ts';
import { Bridge } from '../../server/catalogue/postgres/bridge.ts';
import type { PostgresServer } from '../support/postgres.ts';

const open: Catalogue[] = [];
const directories: string[] = [];
let server: PostgresServer | null = null;

/** From now on a place is a schema of this server; null: a file again. */
export function placesOn(postgres: PostgresServer | null): void {
  server = postgres;
}

/** Property tests need a store for each run, which costs forty times as much on a server. */
export function runs(n: number): number {
  return server ? Math.ceil(n / 40) : n;
}

afterEach(() => {
  for (const catalogue of open.splice(0)) catalogue.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** A file name in a directory of its own that is removed after the test. */
export function temporaryFile(name = 'catalogue.sqlite'): string {
  const directory = mkdtempSync(join(tmpdir(), 'jieneng-catalogue-'));
  directories.push(directory);
  return join(directory, name);
}

/** Where a catalogue can be kept that no other test knows: a file, or a schema of a server. */
export function temporaryPlace(): string {
  return server ? server.schema() : temporaryFile();
}

/** One who goes behind the catalogue's back. */
export function behind<T>(place: string, work: (sql: (text: string) => unknown) => T): T {
  if (!isPostgres(place)) {
    const db = new DatabaseSync(place);
    try {
      return work((text) => Object.values(db.prepare(text).get() ?? {})[0]);
    } finally {
      db.close();
    }
  }
  const bridge = new Bridge(addressOf(place));
  try {
    bridge.open();
    return work((text) => {
      const { answer, error } = bridge.ask([{ text }], null);
      if (error) throw error;
      return answer?.rows[0]?.[0];
    });
  } finally {
    bridge.close();
  }
}

/** Waits until a change of another process is seen; on a server that takes up to a second. */
export async function seeChange(catalogue: Catalogue): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!catalogue.refresh()) {
    if (Date.now() > deadline) throw new Error('the change was not seen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A catalogue that is closed after the test; empty unless the file has something. */
export function temporaryCatalogue(options?: CatalogueOptions, place = temporaryPlace()): Catalogue {
  const catalogue = openCatalogue(place, options);
  open.push(catalogue);
  return catalogue;
}

/** The example of the public contract. */
export const EXAMPLE = `version: 1
timezone: Asia/Shanghai
nodes:
  - id: city
    name: 示例市
    kind: region
  - id: gov
    name: 示例市行政中心
    kind: building
    parent: city
    attributes:
      floor_area_m2: [{ from: 2024-01-01, value: 47000 }]
      people:        [{ from: 2024-01-01, value: 1850 }, { from: 2026-01-01, value: 1790 }]
meters:
  - id: gov-main
    name: 总进线
    node: gov
    carrier: electricity
    item: "01000"
    parent: null
    register: cumulative
    unit: kWh
    multiplier: 40
    rollover_at: 1000000
    max_rate: 2000
    interval_s: 900
    exchanges:
      - { at: "2026-03-14T10:20:00+08:00", final: 812960.00, initial: 5000.00, multiplier: 60, note: "CT 200/5 → 300/5" }
`;
