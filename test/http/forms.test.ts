import { Workbook } from '@cj-tech-master/excelts';
import { expect, test } from 'vitest';
import { Forms } from '../../server/http/schemas/forms.ts';
import { monthlyRig } from '../reporting/monthly-rig.ts';

test('forms as data and as a workbook under a Chinese name; faults of the question are named', async () => {
  const r = await monthlyRig();
  const { status, body } = await r.get('/api/v1/forms?node=gov&period=2025');
  expect(status).toBe(200);
  const forms = Forms.parse(body);
  expect(forms).toMatchObject({ node: 'gov', name: '市行政中心', period: '2025', edition: { id: '2025' } });
  expect(forms.editions.map((e) => e.id)).toEqual(['2022', '2025']);
  const used = forms.forms.find((f) => f.id === 'consumption');
  const water = used?.rows.find((row) => row.cells.name?.value === '水');
  expect(water?.cells.value).toEqual({ value: 12 * 500, digits: 2, mark: null });

  const { response } = await r.get('/api/v1/forms?node=gov&period=2025&as=xlsx');
  expect(response.headers.get('content-disposition')).toContain(
    `filename*=UTF-8''${encodeURIComponent('市行政中心 2025 公共机构能源资源消费统计.xlsx')}`,
  );
  const workbook = new Workbook();
  await workbook.xlsx.load(new Uint8Array(await response.arrayBuffer()));
  expect(workbook.worksheets).toHaveLength(4);

  const refused = async (query: string) => (await r.get(`/api/v1/forms?${query}`)) as { status: number };
  expect(await refused('node=nowhere&period=2025')).toMatchObject({ status: 404 });
  for (const [query, path] of [
    ['node=gov&period=2025-Q5', 'period'],
    ['node=gov&period=2031', 'period'],
    ['node=gov&period=2025&edition=1999', 'edition'],
  ] as const) {
    expect(await refused(query)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  }
});
