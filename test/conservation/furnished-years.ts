import { type Rig, rig } from '../http/rig.ts';

/** What each meter counts in a month of 2024 (×1), 2025 (×2) and 2026 (×3), in its unit. */
export const PER_MONTH = {
  grid: 10_000,
  'fed-back': 1_000,
  roof: 3_000,
  room: 3_000,
  it: 2_000,
  boiler: 200,
  canteen: 100,
  tap: 50,
  district: 20,
  car: 400,
} as const;
export type MeterId = keyof typeof PER_MONTH;

const month = 31 * 86_400;
const meter = (id: MeterId, carrier: string, unit: string, more: object = {}): object => ({
  id,
  name: id,
  node: 'house',
  carrier,
  unit,
  register: 'cumulative',
  interval_s: month,
  ...more,
});

/** A city of two institutions: a house with every kind of meter, and a school that nobody measures. */
export const YEARS_ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '示例市', kind: 'region', classification: { region: '320100' } },
    {
      id: 'gov',
      name: '机关',
      kind: 'institution',
      parent: 'city',
      classification: { type: 'organ', level: 'city' },
    },
    {
      id: 'house',
      name: '主楼',
      kind: 'building',
      parent: 'gov',
      attributes: {
        floor_area_m2: [{ from: '2023-01-01', value: 5_000 }],
        heated_area_m2: [{ from: '2023-01-01', value: 4_000 }],
        people: [{ from: '2023-01-01', value: 200 }],
      },
    },
    { id: 'school', name: '学校', kind: 'institution', parent: 'city' },
  ],
  meters: [
    meter('grid', 'electricity', 'kWh'),
    meter('fed-back', 'electricity', 'kWh', { direction: 'out' }),
    meter('roof', 'pv', 'kWh'),
    meter('room', 'electricity', 'kWh', { parent: 'grid', item: '01D10' }),
    meter('it', 'electricity', 'kWh', { parent: 'room', item: '01D1A' }),
    meter('boiler', 'gas', 'm³'),
    meter('canteen', 'gas', 'm³'),
    meter('tap', 'water', 'm³'),
    meter('district', 'heat', 'GJ'),
    meter('car', 'gasoline', 'L'),
  ],
};

/** The estate with a reading of each meter on the first of each month from January 2024 to `last`. */
export async function years(
  last = '2026-11',
  only: readonly MeterId[] = Object.keys(PER_MONTH) as MeterId[],
): Promise<Rig> {
  const r = await rig(YEARS_ESTATE, {}, '2026-11-18T12:00:00+08:00');
  const readings: [string, string, number][] = [];
  for (const id of only) {
    let register = 0;
    for (let m = 0; ; m++) {
      const year = 2024 + Math.floor(m / 12);
      const name = `${year}-${String((m % 12) + 1).padStart(2, '0')}`;
      readings.push([id, `${name}-01T00:00:00+08:00`, register]);
      if (name === last) break;
      register += PER_MONTH[id] * (year - 2023);
    }
  }
  await r.feed(readings);
  return r;
}
