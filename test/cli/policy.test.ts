import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { jieneng } from './jieneng.ts';

const FILE = `version: 1
policy:
  - kind: scheme
    id: own
    body:
      name: 本市
      coefficients:
        - { carrier: electricity, unit: kWh, kgce: 0.3, source: { text: notice 12, confidence: verified } }
      source: { text: notice 12, confidence: verified }
`;

test('policy from a file, listed with what is shipped, and out again', async () => {
  const data = join(directory(), 'data');
  mkdirSync(data);
  const applied = await jieneng(data, ['policy', 'apply', '-'], FILE);
  expect(applied).toEqual({ code: 0, out: '', err: '1 created, 0 updated, 0 unchanged\n' });
  const listed = await jieneng(data, ['policy', 'list', 'scheme']);
  const rows = listed.out.split('\n');
  expect(rows[0]).toBe('kind,id,name,origin,replaces,changes,changed_at,changed_by');
  expect(rows[1]).toBe('scheme,national-statistics,公共机构能源资源消费统计·当量值,builtin,false,0,,');
  expect(rows[3]).toMatch(/^scheme,own,本市,own,false,1,20\d\d-.*,http$/);
  const exported = await jieneng(data, ['policy', 'export']);
  const again = await jieneng(data, ['policy', 'apply', '-'], exported.out);
  expect(again.err).toBe('0 created, 0 updated, 1 unchanged\n');

  const wrong = await jieneng(data, ['policy', 'apply', '-'], FILE.replace('kgce: 0.3', 'kgce: no'));
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('policy[0].body.coefficients[0].kgce');
  expect(wrong.err).toContain('line 8');
  expect((await jieneng(data, ['policy', 'list', 'wishes'])).code).toBe(2);
});
