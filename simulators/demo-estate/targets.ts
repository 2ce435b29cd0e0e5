import { Zone } from '../../server/domain/time.ts';

/** The targets of the demo estate: what a bureau would have set for five years, and measured out. */

/** Answers a request to the server's HTTP interface; throws where it is refused. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const ROOT = 'centre';
const BY = '示例市机关事务管理局';
const SOURCE = '上年能源资源消费统计年报（演示数据）';
/** A base that rests on less would make a target of a gap. */
const COMPLETE = 0.9;

interface Wanted {
  indicator: string;
  scheme: string | null;
  /** Last year's use against that of the last 12 months. */
  base: number;
  reduction: number;
}

const WANTED: Wanted[] = [
  { indicator: 'energy', scheme: 'national-statistics', base: 1.02, reduction: 0.06 },
  { indicator: 'electricity_per_m2', scheme: null, base: 0.975, reduction: 0.05 },
  { indicator: 'water_per_person', scheme: null, base: 1.05, reduction: 0.08 },
];

/** What each site may use of its own last 12 months: one is given more than it needs, one less. */
const SITES: Record<string, number> = { gov: 1.03, cul: 0.955, square: 1 };

interface Figures {
  nodes: { node: string; indicators: { id: string; value: number | null; completeness: number }[] }[];
}

/**
 * Sets targets, splits the first and records a plan. Nothing where there are some already, or where the last
 * 12 months are not known.
 */
export async function setDemoTargets(ask: Ask, now: number): Promise<void> {
  const zone = new Zone('Asia/Shanghai');
  const json = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
  const send = (method: string, path: string, body: object): Promise<Response> =>
    ask(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, recorded_by: BY }),
    });
  const there = await json<{ targets: unknown[] }>(`/api/v1/targets?node=${ROOT}`);
  if (there.targets.length > 0) return;
  const to = zone.startOf('day', now);
  const query = new URLSearchParams({ from: zone.iso(zone.shift(to, 'year', -1)), to: zone.iso(to) });
  for (const { indicator } of WANTED) query.append('indicator', indicator);
  for (const node of [ROOT, ...Object.keys(SITES)]) query.append('node', node);
  const { nodes } = await json<Figures>(`/api/v1/indicators?${query.toString()}`);
  const figureOf = (node: string, indicator: string): number | null => {
    const found = nodes.find((n) => n.node === node)?.indicators.find((i) => i.id === indicator);
    return found && found.completeness >= COMPLETE ? found.value : null;
  };
  const { year } = zone.wall(now);
  const id = (indicator: string): string => `${ROOT}-${indicator}-${year + 4}`;
  for (const { indicator, scheme, base, reduction } of WANTED) {
    const value = figureOf(ROOT, indicator);
    if (value === null) continue;
    await send('PUT', `/api/v1/targets/${id(indicator)}`, {
      node: ROOT,
      indicator,
      scheme,
      base_year: year - 1,
      base: { value: Number((value * base).toPrecision(5)), source: SOURCE },
      end_year: year + 4,
      path: { kind: 'linear', reduction },
      note: null,
    });
  }
  if (figureOf(ROOT, 'energy') === null) return;
  const hand = Object.entries(SITES).flatMap(([node, share]): [string, number][] => {
    const value = figureOf(node, 'energy');
    return value === null ? [] : [[node, Math.round(value * share * 0.955)]];
  });
  await send('POST', `/api/v1/targets/${id('energy')}/split`, {
    method: 'hand',
    nodes: hand.map(([node]) => node),
    by_hand: Object.fromEntries(hand),
    save: true,
  });
  await send('PUT', `/api/v1/plans/${ROOT}/${year}`, {
    measures: [
      {
        name: '办公主楼照明更换为 LED，楼道加装感应控制',
        saving: { quantity: 86_000, unit: 'kWh' },
        due: `${year}-06-30`,
        state: 'done',
      },
      {
        name: '冷水机组群控与夜间停机',
        saving: { quantity: 120_000, unit: 'kWh' },
        due: `${year}-09-30`,
        state: 'running',
      },
      { name: '卫生间节水器具改造', saving: { quantity: 1800, unit: 'm³' }, due: null, state: 'planned' },
    ],
    filed: { date: `${year}-02-26`, number: `示机管备〔${year}〕12 号` },
    note: null,
  });
}
