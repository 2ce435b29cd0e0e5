import { expect, test } from 'vitest';
import { FAILURES } from '../../server/domain/compliance.ts';
import { ComplianceList } from '../../server/http/schemas/compliance.ts';
import { monthlyRig } from '../reporting/monthly-rig.ts';

test('the eight failures of each institution: shown by the system, entered by a person, or missing', async () => {
  const r = await monthlyRig();
  const list = async () => {
    const { status, body } = await r.get('/api/v1/compliance?node=city&year=2026');
    expect(status).toBe(200);
    return ComplianceList.parse(body);
  };
  const rowOf = async (node: string, failure: string) => {
    const of = (await list()).institutions.find((i) => i.node === node);
    expect(of?.rows.map((row) => row.failure)).toEqual([...FAILURES]);
    const row = of?.rows.find((found) => found.failure === failure);
    if (!row) throw new Error(`no row ${failure}`);
    return row;
  };

  expect(await rowOf('tax', 'plan')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'plan_none', value: 2026 }],
  });
  const plan = { node: 'tax', year: 2026, measures: [] };
  r.catalogue.putPolicy('plan', 'tax:2026', plan, 'test', 'test');
  expect(await rowOf('tax', 'plan')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'plan_unfiled' }],
  });
  const filed = { date: '2026-01-20', number: '示例节能〔2026〕3号' };
  r.catalogue.putPolicy('plan', 'tax:2026', { ...plan, filed }, 'test', 'test');
  expect(await rowOf('tax', 'plan')).toMatchObject({
    state: 'shown',
    witnesses: [{ what: 'plan_filed', value: '2026-01-20', of: '示例节能〔2026〕3号' }],
  });

  // Meters without sub-items are not metering by item.
  expect(await rowOf('gov', 'metering')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'meters', value: 5 }, { what: 'items_none' }],
  });

  // 12 × 60,000 kWh × 0.31 ÷ 10,000 m² = 22.3 kgce/m² is above 21.9, and nobody explained it.
  expect(await rowOf('gov', 'over_quota')).toMatchObject({ state: 'missing' });
  const explained = await r.app.request('/api/v1/explanations', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ node: 'gov', year: 2025, quota: 'db37-2672.1.city-a', text: '加班', by: '张三' }),
  });
  expect(await explained.text()).toContain('submitted');
  expect(await rowOf('gov', 'over_quota')).toMatchObject({
    state: 'shown',
    witnesses: [{ what: 'over_explained', value: 2025, of: expect.stringContaining('DB37/T 2672-2019') }],
  });
  // Nobody measures the water of the tax office, so nobody can say that its quota was kept.
  expect(await rowOf('tax', 'over_quota')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'quota_unknown', value: 2025 }],
  });

  r.catalogue.putPolicy('institution', 'gov', { statistician: '李四' }, 'test', 'test');
  expect(await rowOf('gov', 'ledger')).toMatchObject({ state: 'missing' });
  const key = { node: 'gov', carrier: 'gasoline' as const, account: null, vehicle: null, month: '2026-03' };
  const none = { period: null, meterNumber: null, collectedBy: null, collectedOn: null, note: null };
  r.catalogue.changeBook([{ key, fields: { quantity: 10, unit: 'L', cost: 80, ...none } }], '张三', 'test');
  expect(await rowOf('gov', 'ledger')).toMatchObject({
    state: 'shown',
    witnesses: [
      { what: 'statistician', value: '李四' },
      { what: 'book', value: 1 },
    ],
  });

  // The petrol of 2025 is not known, so neither is whether the quota was kept.
  expect(await rowOf('gov', 'over_quota')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'quota_unknown', value: 2025 }],
  });

  expect(await rowOf('gov', 'audit')).toMatchObject({ state: 'missing', witnesses: [], evidence: null });
  const evidence = {
    node: 'gov',
    year: 2026,
    failure: 'audit',
    text: '委托第三方完成能源审计',
    date: '2026-05-06',
    author: '王五',
  };
  r.catalogue.putPolicy('evidence', 'gov:2026:audit', evidence, '王五', 'test');
  expect(await rowOf('gov', 'audit')).toMatchObject({
    state: 'entered',
    evidence: { text: '委托第三方完成能源审计', date: '2026-05-06', number: null, author: '王五' },
  });
  expect(await rowOf('tax', 'audit')).toMatchObject({ state: 'missing' });

  // A report that was sent in counts, until it comes back.
  expect(await rowOf('tax', 'annual_report')).toMatchObject({ state: 'missing' });
  const annual = { node: 'tax', form: 'annual' as const, period: '2025' };
  const at = Date.parse('2026-03-10T09:00:00+08:00');
  const frozen = { hash: 'a'.repeat(64), bytes: new Uint8Array([1]) };
  r.catalogue.filings.step(annual, 'draft', { action: 'submit', at, by: '张三', remark: '', frozen });
  expect(await rowOf('tax', 'annual_report')).toMatchObject({
    state: 'shown',
    witnesses: [{ what: 'annual_filed', value: '2026-03-10' }],
  });
  const back = { action: 'return' as const, at: at + 1, by: '赵六', remark: '缺面积', frozen: null };
  r.catalogue.filings.step(annual, 'submitted', back);
  expect(await rowOf('tax', 'annual_report')).toMatchObject({
    state: 'missing',
    witnesses: [{ what: 'annual_returned' }],
  });
});
