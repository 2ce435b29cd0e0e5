import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = `version: 1
timezone: Asia/Shanghai
nodes:
  - { id: city, name: 示例市, kind: region }
  - id: gov
    name: 行政中心
    kind: institution
    parent: city
    attributes: { floor_area_m2: [{ from: 2024-01-01, value: 1000 }] }
meters:
  - { id: main, name: 总表, node: gov, carrier: electricity, register: cumulative, unit: kWh, interval_s: 2678400 }
`;
const READINGS = `meter,time,value
main,2025-01-01T00:00:00+08:00,0
main,2025-02-01T00:00:00+08:00,1234
`;

test('forms and a batch of reports without a server', async () => {
  const at = directory();
  const data = join(at, 'data');
  mkdirSync(data);
  expect((await jieneng(data, ['estate', 'apply', '-'], ESTATE)).code).toBe(0);
  expect((await jieneng(data, ['import', 'readings', '-'], READINGS)).code).toBe(0);

  const asked = ['forms', 'export', '--node', 'gov', '--period', '2025-01', '--as', 'json', '--out', '-'];
  const { forms } = JSON.parse((await jieneng(data, asked)).out) as {
    forms: { id: string; rows: { cells: Record<string, { value: unknown }> }[] }[];
  };
  const used = forms.find((f) => f.id === 'consumption')?.rows[0]?.cells;
  expect([used?.name?.value, used?.value?.value]).toEqual(['电', 1234]);

  const out = join(at, 'reports.zip');
  const batch = ['batch', '--node', 'city', '--month', '2025-01', '--form', 'xlsx', '--out', out];
  const made = await jieneng(data, batch);
  expect(made.err).toContain('1 of 1 institutions');
  expect(made.code).toBe(0);
  expect(Object.keys(unzipSync(readFileSync(out)))).toEqual(['行政中心（gov）.xlsx']);

  const none = await jieneng(data, ['batch', '--node', 'nowhere', '--month', '2025-01']);
  expect(none.code).toBe(1);
  expect(none.err).toContain('no node "nowhere"');
});
