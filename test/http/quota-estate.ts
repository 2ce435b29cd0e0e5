import { type Rig, rig } from './rig.ts';

/** An amount of each month. */
type Monthly = (month: number) => number;

function meter(
  id: string,
  node: string,
  carrier: string,
  unit: string,
  more: object = {},
): Record<string, unknown> {
  // Read once a month, so a month between two readings is measured.
  const interval_s = 31 * 86_400;
  return { id, name: id, node, carrier, register: 'cumulative', unit, interval_s, ...more };
}

const since = (value: number, from = '2023-01-01') => [{ from, value }];

/** Two organs and a hospital in Yantai, read once a month. */
const ESTATE = {
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
        floor_area_m2: since(12_000),
        heated_area_m2: since(9000),
        people: since(300),
        machine_room_area_m2: since(200),
      },
    },
    {
      id: 'kitchen',
      name: '食堂',
      kind: 'building',
      parent: 'gov',
      attributes: { floor_area_m2: since(300) },
    },
    {
      id: 'tax',
      name: '市税务局',
      kind: 'institution',
      parent: 'city',
      classification: { type: 'organ', level: 'city' },
      attributes: {
        floor_area_m2: [
          { from: '2023-01-01', value: 4000 },
          { from: '2025-01-01', value: 5000 },
        ],
        people: since(100),
      },
    },
    {
      id: 'hospital',
      name: '市医院',
      kind: 'institution',
      parent: 'city',
      classification: { type: 'health', level: 'hospital_2' },
    },
  ],
  meters: [
    meter('gov-el', 'gov', 'electricity', 'kWh', { item: '01000' }),
    meter('gov-room', 'gov', 'electricity', 'kWh', { item: '01D10', parent: 'gov-el' }),
    meter('gov-it', 'gov', 'electricity', 'kWh', { item: '01D1A', parent: 'gov-room' }),
    meter('gov-pump', 'gov', 'electricity', 'kWh', { parent: 'gov-el' }),
    meter('gov-gas', 'gov', 'gas', 'm³'),
    meter('kitchen-gas', 'kitchen', 'gas', 'm³', { parent: 'gov-gas' }),
    meter('gov-heat', 'gov', 'heat', 'GJ'),
    meter('gov-petrol', 'gov', 'gasoline', 'L'),
    meter('gov-water', 'gov', 'water', 'm³'),
    meter('tax-el', 'tax', 'electricity', 'kWh'),
    meter('tax-water', 'tax', 'water', 'm³'),
    meter('hospital-el', 'hospital', 'electricity', 'kWh'),
  ],
};

/** What each meter counts in each month of 2024 and 2025, and less in the months of 2026 until now. */
export const AMOUNTS: Record<string, Monthly> = {
  'gov-el': () => 50_000,
  'gov-room': () => 80_000 / 12,
  'gov-it': () => 50_000 / 12,
  'gov-pump': (m) => (m <= 3 || m >= 11 ? 3000 : 0),
  'gov-gas': () => 20_000 / 12,
  'kitchen-gas': () => 1500,
  'gov-heat': (m) => (m <= 3 || m >= 11 ? 600 : 0),
  'gov-petrol': () => 10_000 / 12,
  'gov-water': () => 650,
  'tax-el': () => 10_000,
  'tax-water': () => 150,
  'hospital-el': () => 90_000,
};

/**
 * @param from first year of readings; the last ones are of 1 November 2026
 * @param of meters that have readings
 * @param less what 2025 is of 2024, by meter; without it they are alike
 */
export async function quotaRig(
  from = 2025,
  of: readonly string[] = Object.keys(AMOUNTS),
  less: Record<string, number> = {},
): Promise<Rig> {
  const r = await rig(ESTATE);
  const readings: [string, string, number][] = [];
  for (const [id, perMonth] of Object.entries(AMOUNTS)) {
    if (!of.includes(id)) continue;
    let register = 0;
    for (let i = 0; i <= (2026 - from) * 12 + 10; i++) {
      const [year, month] = [from + Math.floor(i / 12), (i % 12) + 1];
      readings.push([id, `${year}-${String(month).padStart(2, '0')}-01T00:00:00+08:00`, register]);
      register = Math.round((register + perMonth(month) * (year === 2025 ? (less[id] ?? 1) : 1)) * 1e6) / 1e6;
    }
  }
  await r.feed(readings.sort((a, b) => a[1].localeCompare(b[1])));
  put(r, 'setting', 'heating_meters:gov', { name: 'heating_meters', node: 'gov', values: ['gov-pump'] });
  put(r, 'setting', 'apart_nodes:gov', { name: 'apart_nodes', node: 'gov', values: ['kitchen'] });
  return r;
}

export function put(r: Rig, kind: 'setting' | 'quota' | 'target' | 'scheme', id: string, body: object): void {
  r.catalogue.putPolicy(kind, id, body, 'test', 'test');
}

export const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
