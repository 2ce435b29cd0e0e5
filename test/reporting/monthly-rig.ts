import { Months } from '../../server/conservation/months.ts';
import type { CheckSources } from '../../server/reporting/checks/sources.ts';
import { type Rig, rig } from '../http/rig.ts';

/** What a meter counts in a month that begins on the first of `month`, like 2026-03; null: no reading at its end. */
export type Monthly = (month: string) => number | null;

const since = (value: number, from = '2023-01-01') => [{ from, value }];
const meter = (id: string, node: string, carrier: string, unit: string, more: object = {}): object => ({
  id,
  name: `表 ${id}`,
  node,
  carrier,
  register: 'cumulative',
  unit,
  // Read once a month, so a month between two readings is measured.
  interval_s: 31 * 86_400,
  ...more,
});

export const MONTHLY_ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '示例市', kind: 'region', classification: { zone: 'cold_a', region: '370600' } },
    {
      id: 'gov',
      name: '市行政中心',
      kind: 'institution',
      parent: 'city',
      classification: { type: 'organ', level: 'city' },
      attributes: {
        floor_area_m2: since(10_000),
        heated_area_m2: since(9000),
        people: [
          { from: '2023-01-01', value: 300 },
          { from: '2026-10-01', value: 240 },
        ],
      },
    },
    {
      id: 'tax',
      name: '市税务局',
      kind: 'institution',
      parent: 'city',
      classification: { type: 'organ', level: 'city' },
      attributes: { floor_area_m2: since(5000), people: since(50) },
    },
  ],
  meters: [
    meter('gov-el', 'gov', 'electricity', 'kWh'),
    meter('gov-a', 'gov', 'electricity', 'kWh', { parent: 'gov-el' }),
    meter('gov-b', 'gov', 'electricity', 'kWh', { parent: 'gov-el' }),
    meter('gov-water', 'gov', 'water', 'm³'),
    meter('gov-gas', 'gov', 'gas', 'm³'),
    meter('tax-el', 'tax', 'electricity', 'kWh'),
  ],
};

/** 60,000 kWh a month of which the sub-meters show 50,000, 500 m³ of water, 1,000 m³ of gas. */
export const USED: Record<string, Monthly> = {
  'gov-el': () => 60_000,
  'gov-a': () => 30_000,
  'gov-b': () => 20_000,
  'gov-water': () => 500,
  'gov-gas': () => 1000,
  'tax-el': () => 10_000,
};

/** The estate with readings on the first of each month from January 2024 to November 2026; now is 18 November 2026. */
export async function monthlyRig(of: Record<string, Monthly> = {}): Promise<Rig> {
  const r = await rig(MONTHLY_ESTATE);
  const readings: [string, string, number][] = [];
  for (const [id, used] of Object.entries({ ...USED, ...of })) {
    let register = 0;
    let silent = false;
    for (let i = 0; i <= 34; i++) {
      const month = nameOf(i);
      if (!silent) readings.push([id, `${month}-01T00:00:00+08:00`, register]);
      const next = used(month);
      silent = next === null;
      register += next ?? 0;
    }
  }
  await r.feed(readings.sort((a, b) => a[1].localeCompare(b[1])));
  return r;
}

function nameOf(i: number): string {
  return `${2024 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`;
}

export function sourcesOf(r: Rig): CheckSources {
  const { deps } = r;
  return {
    estate: deps.estate(),
    policy: r.catalogue.policy(),
    months: new Months(deps.timeseries, deps.estate),
    now: deps.now(),
    timeseries: deps.timeseries,
    suspects: () => deps.journal.suspects(),
  };
}
