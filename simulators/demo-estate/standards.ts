import type { Ask } from './targets.ts';

/**
 * What the bureau of the demo estate decided beside targets: quotas of its own, which rows hold, and what some
 * meters are for. The town does not exist, and so does its standard.
 */
const BY = '安澜市机关事务管理局';
const SOURCE = '演示数据';
const STANDARD = '安澜市公共机构用能定额（演示数据，非真实标准）';

interface Row {
  id: string;
  metric: string;
  types: string[];
  unit: string;
  scheme?: string;
  values: { constraint: number; base?: number; leading: number };
  exclusions?: object[];
}

const SPECIAL = [
  { what: 'machine_room', items: ['01D10'], meters_by: 'machine_room_meters', area: 'machine_room_area_m2' },
  { what: 'kitchen', items: ['01D30'] },
];
const ENERGY = 'national-statistics';

const ROWS: readonly Row[] = [
  {
    id: 'anlan.organ.non-heating',
    metric: 'non_heating_energy_per_m2',
    types: ['organ'],
    unit: 'kgce/(m²·a)',
    scheme: ENERGY,
    values: { constraint: 9.5, base: 7.2, leading: 5 },
    exclusions: SPECIAL,
  },
  {
    id: 'anlan.organ.person',
    metric: 'energy_per_person',
    types: ['organ'],
    unit: 'kgce/(p·a)',
    scheme: ENERGY,
    values: { constraint: 260, base: 200, leading: 140 },
  },
  {
    id: 'anlan.organ.water',
    metric: 'water_per_person',
    types: ['organ'],
    unit: 'm³/(p·a)',
    values: { constraint: 22, leading: 10 },
  },
  {
    id: 'anlan.organ.eue',
    metric: 'eue',
    types: ['organ'],
    unit: '1',
    values: { constraint: 2, base: 1.7, leading: 1.4 },
  },
  {
    id: 'anlan.public.electricity',
    metric: 'electricity_per_m2',
    types: ['culture', 'other_institution'],
    unit: 'kWh/(m²·a)',
    values: { constraint: 42, base: 33, leading: 24 },
  },
  {
    id: 'anlan.public.water',
    metric: 'water_per_person',
    types: ['culture', 'other_institution'],
    unit: 'm³/(p·a)',
    values: { constraint: 60, leading: 25 },
  },
];

const SETTINGS: Record<string, [node: string, ...values: string[]]> = {
  it_meters: ['gov', 'gov-it-ups'],
  heating_meters: ['gov', 'gov-boiler-g'],
  // Windows that open: the row of GB/T 51161 that somebody has to choose.
  quotas: ['gov', 'gbt51161.organ.class_a.hot_summer_cold_winter'],
};

/** Puts the quotas and settings in force; what is there already stays as it is. */
export async function setDemoStandards(ask: Ask): Promise<void> {
  const put = (kind: string, id: string, body: object): Promise<Response> =>
    ask(`/api/v1/policy/${kind}/${encodeURIComponent(id)}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ body, recorded_by: BY, source: SOURCE }),
    });
  const own = async (kind: string): Promise<Set<string>> => {
    const { items } = (await (await ask(`/api/v1/policy/${kind}`)).json()) as {
      items: { id: string; origin: string }[];
    };
    return new Set(items.filter((i) => i.origin === 'own').map((i) => i.id));
  };
  const [quotas, settings] = [await own('quota'), await own('setting')];
  for (const { id, ...row } of ROWS) {
    if (quotas.has(id)) continue;
    const source = { text: STANDARD, confidence: 'unconfirmed' };
    await put('quota', id, { standard: STANDARD, ...row, source });
  }
  for (const [name, [node, ...values]] of Object.entries(SETTINGS)) {
    const id = `${name}:${node}`;
    if (!settings.has(id)) await put('setting', id, { name, node, values });
  }
}
