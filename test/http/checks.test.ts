import { expect, test } from 'vitest';
import { monthlyRig } from '../reporting/monthly-rig.ts';

test('the checks of a month are answered with their sentences, and faults of the question are named', async () => {
  const r = await monthlyRig({ 'gov-water': (m) => (m === '2026-10' ? 625 : 500) });
  const { status, body } = await r.get('/api/v1/checks?node=gov&month=2026-10');
  expect(status).toBe(200);
  expect(body).toMatchObject({ node: 'gov', month: '2026-10' });
  const { checks } = body as { checks: { id: string; severity: string; sentence: { zh: string } }[] };
  expect(checks.filter((c) => c.severity === 'must').map((c) => c.id)).toEqual([
    'change_last_year:water',
    'people_changed',
    'intensity:non_heating_energy_per_m2',
  ]);
  expect(checks[0]?.sentence.zh).toBe(
    '水的用量为 625 m³，同比（2025年10月 500 m³）上升 25 %，超过 20 % 的限值。',
  );

  expect(await r.get('/api/v1/checks?node=nowhere&month=2026-10')).toMatchObject({ status: 404 });
  for (const month of ['2026-13', '2027-01']) {
    const answer = await r.get(`/api/v1/checks?node=gov&month=${month}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'month' }] } });
  }
});
