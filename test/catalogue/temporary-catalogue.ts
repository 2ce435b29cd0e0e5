import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Catalogue, type CatalogueOptions, openCatalogue } from '../../server/catalogue/catalogue.ts';

const open: Catalogue[] = [];
const directories: string[] = [];

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

/** A catalogue that is closed after the test; empty unless the file has something. */
export function temporaryCatalogue(options?: CatalogueOptions, file = temporaryFile()): Catalogue {
  const catalogue = openCatalogue(file, options);
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
