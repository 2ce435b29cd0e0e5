import type { z } from '@hono/zod-openapi';
import { expect, test } from 'vitest';
import type { ConsumptionRow, LoadProfile, Shares } from '../../server/http/schemas/consumption.ts';
import type { IndicatorParts, Indicators } from '../../server/http/schemas/indicators.ts';
import type { QuotaPositions } from '../../server/http/schemas/quotas.ts';
import type { TargetList } from '../../server/http/schemas/targets.ts';
import type { Cell, Report } from '../../server/reporting/model.ts';
import { buildReport, type ReportAsked, type ReportSources } from '../../server/reporting/report.ts';
import type { Rig } from '../http/rig.ts';
import { demoDecember } from './demo-december.ts';
import { rowOf, rowsOf, sourcesOf, tableOf } from './sources.ts';

/** December 2026 of the demo estate: what the reports say is what the interface answers, to the last digit. */

const MONTH = { from: '2026-12-01', to: '2027-01-01' };
const BEFORE = { from: '2026-11-01', to: '2026-12-01' };
const LAST = { from: '2025-12-01', to: '2026-01-01' };
const query = (of: Record<string, string>): string => new URLSearchParams(of).toString();
const NAMES: Record<string, string> = { electricity: '电', water: '水', gas: '燃气', heat: '热力' };

let r: Rig;
let sources: ReportSources;
async function get<T>(path: string, of: Record<string, string>): Promise<T> {
  const { status, body } = await r.get(`/api/v1/${path}?${query(of)}`);
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body as T;
}

const asked = (node: string): ReportAsked => ({
  kind: 'monthly',
  node,
  month: '2026-12',
  language: 'zh',
  now: r.deps.now(),
});

/** A cell holds a number, or says why there is none. */
function expectCell(cell: Cell | undefined, value: number | null | undefined): void {
  expect(cell?.value ?? null).toBe(value ?? null);
  if (value == null) expect(cell?.lack).toBeTruthy();
}

const NODES = ['anlan', 'centre', 'gov', 'gov-office', 'cul'];

// One estate for all: it takes seconds to simulate.
test('December of the demo estate says what the interface answers', async () => {
  r = await demoDecember();
  sources = sourcesOf(r);
  for (const node of NODES) {
    const report = await buildReport(sources, asked(node));
    await sameConsumption(report, node);
    await sameIndicators(report, node);
    await sameItems(report, node);
    await sameHours(report, node);
    await sameRanking(report, node);
    await sameTargets(report, node);
    await sameQuotas(report, node);
  }
  // A report of November speaks as of its end, whenever it is made.
  const november = await buildReport(sources, { ...asked('centre'), month: '2026-11' });
  r.clock('2026-12-01T00:00:00+08:00');
  await sameForecast(november, 'centre');
});

async function sameConsumption(report: Report, node: string): Promise<void> {
  const of = async (span: object, by: string): Promise<ConsumptionRow[]> =>
    (await get<{ rows: ConsumptionRow[] }>('consumption', { node, by, ...span })).rows;
  const [now, before, last] = [await of(MONTH, 'month'), await of(BEFORE, 'month'), await of(LAST, 'month')];
  const years = [
    await of({ from: '2026-01-01', to: '2027-01-01' }, 'year'),
    await of({ from: '2025-01-01', to: '2026-01-01' }, 'year'),
  ];
  const month = tableOf(report, 'consumption_month');
  const year = tableOf(report, 'consumption_year');
  const provenance = tableOf(report, 'provenance');
  expect(now.length).toBeGreaterThan(1);
  now.forEach((row, i) => {
    const name = NAMES[row.carrier ?? ''];
    if (name === undefined) return;
    const cells = rowOf(month, 'carrier', name);
    expectCell(cells.quantity, row.quantity);
    expectCell(cells.previous, before[i]?.quantity);
    expectCell(cells.last_year, last[i]?.quantity);
    expectCell(cells.completeness, row.completeness);
    const inYear = rowOf(year, 'carrier', name);
    expectCell(inYear.year, years[0]?.[i]?.quantity);
    expectCell(inYear.last_year, years[1]?.[i]?.quantity);
    const parts = rowOf(provenance, 'carrier', name);
    for (const key of ['quantity', 'measured', 'recovered', 'estimated', 'completeness'] as const) {
      expectCell(parts[key], row[key]);
    }
  });
}

async function sameIndicators(report: Report, node: string): Promise<void> {
  const names: Record<string, string> = {
    energy: '综合能耗',
    energy_per_m2: '单位建筑面积能耗',
    energy_per_person: '人均综合能耗',
    electricity_per_m2: '单位建筑面积电耗',
    electricity_per_person: '人均用电量',
    water_per_person: '人均用水量',
    heat_per_m2: '单位供热面积热耗',
    co2: '碳排放量',
    co2_per_m2: '单位建筑面积碳排放',
  };
  const [month] = (await get<Indicators>('indicators', { node, ...MONTH })).nodes;
  const [year] = (await get<Indicators>('indicators', { node, from: '2026-01-01', to: '2027-01-01' })).nodes;
  const table = tableOf(report, 'indicators');
  let seen = 0;
  for (const of of month?.indicators ?? []) {
    const name = names[of.id];
    if (name === undefined || of.numerator.terms.length === 0) continue;
    seen++;
    const cells = rowOf(table, 'indicator', name);
    // kgce and kgCO₂ stand in tonnes.
    const per = of.unit === 'kgce' || of.unit === 'kgCO₂' ? 1000 : 1;
    const scaled = (n: number | null | undefined): number | null => (n == null ? null : n / per);
    expectCell(cells.value, scaled(of.value));
    expectCell(cells.previous, scaled(of.previous.value));
    expectCell(cells.last_year, scaled(of.last_year.value));
    expectCell(cells.change_previous, of.change_previous);
    expectCell(cells.change_last_year, of.change_last_year);
    expectCell(cells.completeness, of.completeness);
    expectCell(cells.year, scaled(year?.indicators.find((i) => i.id === of.id)?.value));
  }
  expect(seen).toBeGreaterThan(3);
  const energy = month?.indicators.find((i) => i.id === 'energy');
  const total = rowOf(tableOf(report, 'consumption_month'), 'carrier', '综合能耗');
  expectCell(total.tce, (energy?.value ?? Number.NaN) / 1000);
  for (const term of energy?.numerator.terms ?? []) {
    const cells = rowOf(tableOf(report, 'consumption_month'), 'carrier', NAMES[term.carrier] ?? '');
    expectCell(cells.tce, term.converted === null ? null : term.converted / 1000);
  }
}

async function sameItems(report: Report, node: string): Promise<void> {
  const now = await get<Shares>('shares', { node, carrier: 'electricity', ...MONTH });
  if (!now.items.some((i) => i.item !== null)) return;
  const last = await get<Shares>('shares', { node, carrier: 'electricity', ...LAST });
  const table = tableOf(report, 'items');
  expect(table.rows.length).toBe(now.items.length + 1);
  for (const item of now.items) {
    const cells = rowOf(table, 'code', item.item ?? '');
    expectCell(cells.quantity, item.quantity);
    expectCell(cells.share, item.share);
    expectCell(cells.last_year, last.items.find((i) => i.item === item.item)?.quantity);
  }
  expectCell(rowsOf(table).at(-1)?.quantity, now.total);
}

async function sameHours(report: Report, node: string): Promise<void> {
  const of = { node, carrier: 'electricity' };
  const now = await get<LoadProfile>('load-profile', { ...of, ...MONTH });
  const last = await get<LoadProfile>('load-profile', { ...of, ...LAST });
  const shares = tableOf(report, 'hours');
  const [night, holiday] = rowsOf(shares);
  expectCell(night?.share, now.night_share);
  expectCell(night?.last_year, last.night_share);
  const parts = await get<IndicatorParts>('indicators/parts', { node, ...MONTH });
  expectCell(holiday?.share, parts.holiday_share);
  const [nights, weekends, working] = rowsOf(tableOf(report, 'base_load'));
  expectCell(nights?.mean, now.night_base);
  expectCell(weekends?.mean, now.weekend_base);
  expectCell(working?.mean, now.working_mean);
  expectCell(working?.last_year, last.working_mean);
}

async function sameRanking(report: Report, node: string): Promise<void> {
  const below = await get<Indicators>('indicators', { below: node, ...MONTH });
  const own = await get<Indicators>('indicators', { node, ...MONTH });
  const figureIn = (of: Indicators['nodes'][number] | undefined, id: string) =>
    of?.indicators.find((i) => i.id === id);
  const whole = figureIn(own.nodes[0], 'energy')?.value ?? Number.NaN;
  const metered = below.nodes.filter((n) => figureIn(n, 'energy')?.numerator.terms.length);
  if (metered.length === 0) return;
  const table = tableOf(report, 'ranking');
  for (const of of metered) {
    const cells = rowOf(table, 'node', sources.estate.node(of.node)?.name ?? '');
    const energy = figureIn(of, 'energy');
    expectCell(cells.energy, energy?.value == null ? null : energy.value / 1000);
    expectCell(cells.last_year, energy?.last_year.value == null ? null : energy.last_year.value / 1000);
    expectCell(cells.change, energy?.change_last_year);
    expectCell(cells.share, energy?.value == null ? null : energy.value / whole);
    expectCell(cells.per_m2, figureIn(of, 'energy_per_m2')?.value);
    expectCell(cells.per_person, figureIn(of, 'energy_per_person')?.value);
    expectCell(cells.electricity, figureIn(of, 'electricity')?.value);
    expectCell(cells.water, figureIn(of, 'water')?.value);
  }
}

async function sameTargets(report: Report, node: string): Promise<void> {
  const { targets } = await get<z.infer<typeof TargetList>>('targets', { node });
  if (targets.length === 0) return;
  const rows = rowsOf(tableOf(report, 'targets'));
  expect(rows).toHaveLength(targets.length);
  targets.forEach((t, i) => {
    const year = t.years.find((y) => y.year === 2026);
    const per = t.unit === 'kgce' ? 1000 : 1;
    expectCell(rows[i]?.budget, year?.target == null ? null : year.target / per);
    expectCell(rows[i]?.actual, year?.actual == null ? null : year.actual / per);
    expect(rows[i]?.verdict?.value).toBe(year?.met == null ? '暂不能判断' : year.met ? '已完成' : '未完成');
  });
}

async function sameForecast(report: Report, node: string): Promise<void> {
  const { targets } = await get<z.infer<typeof TargetList>>('targets', { node });
  const progress = rowsOf(tableOf(report, 'targets'));
  const ahead = rowsOf(tableOf(report, 'target_forecast'));
  expect(targets.length).toBeGreaterThan(0);
  targets.forEach(({ current, forecast }, i) => {
    const per = current?.quantity_unit === 'kgce' ? 1000 : 1;
    const scaled = (n: number | null | undefined): number | null => (n == null ? null : n / per);
    expectCell(progress[i]?.budget, scaled(current?.budget));
    expectCell(progress[i]?.actual, scaled(current?.actual));
    expectCell(progress[i]?.expected, scaled(current?.raw?.expected));
    expectCell(progress[i]?.difference, scaled(current?.raw?.difference));
    expectCell(ahead[i]?.remaining, scaled(current?.remaining?.quantity));
    expectCell(ahead[i]?.per_month, scaled(current?.remaining?.per_month));
    expectCell(ahead[i]?.forecast, scaled(forecast?.total));
    expectCell(ahead[i]?.low, scaled(forecast?.low));
    expectCell(ahead[i]?.high, scaled(forecast?.high));
  });
}

async function sameQuotas(report: Report, node: string): Promise<void> {
  if (sources.estate.node(node)?.kind === 'region') return;
  const { positions } = await get<z.infer<typeof QuotaPositions>>('quotas', { node, year: '2026' });
  const rows = report.sections.some((s) => s.blocks.some((b) => b.kind === 'table' && b.id === 'quotas'))
    ? rowsOf(tableOf(report, 'quotas'))
    : [];
  const known = positions.filter((p) => p.value !== null);
  for (const p of known) {
    const cells = rows.find((c) => c.value?.value === p.value);
    if (!cells) throw new Error(`no row of ${p.metric}`);
    expectCell(cells.constraint, p.quota?.values.constraint);
    expectCell(cells.base, p.quota?.values.base);
    expectCell(cells.leading, p.quota?.values.leading);
    expectCell(cells.completeness, p.completeness);
    expect(cells.over?.value).toBe((p.value ?? 0) / (p.quota?.values.constraint ?? 1) - 1);
  }
}
