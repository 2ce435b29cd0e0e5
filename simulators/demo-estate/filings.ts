import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import { Forecasts } from '../../server/conservation/forecasts.ts';
import { Months } from '../../server/conservation/months.ts';
import { type FilingAction, type FilingKey, periodOf, stateOf } from '../../server/domain/filing.ts';
import { monthAfter } from '../../server/domain/month.ts';
import type { Journal } from '../../server/journal/journal.ts';
import type { CheckKind } from '../../server/reporting/checks/check.ts';
import { filersBelow } from '../../server/reporting/filing/calendar.ts';
import { composeFiling, type FilingSources, filingChecks } from '../../server/reporting/filing/compose.ts';
import { freeze } from '../../server/reporting/filing/frozen.ts';
import type { TimeSeries } from '../../server/timeseries/port.ts';
import type { Ask } from './targets.ts';

/**
 * What the institutions of the demo estate filed with their bureau in the months before: last year's report, the
 * last quarter's, and those of three months, of which the newest is still on its way. Filed in the past, so not
 * through the HTTP interface, whose clock is that of today; frozen as any other.
 */
const ROOT = 'centre';
const BUREAU = '安澜市机关事务管理局';
const REVIEWER = '周敏（机关事务管理局）';
const MANAGERS = ['陈立', '何静', '王磊', '刘芳', '赵强', '孙丽', '吴桐', '郑洁'];
const HOUR = 3_600_000;

const EXPLAINED: Partial<Record<CheckKind, string>> = {
  change_last_year: '去年同期有办公室搬迁，用能偏低；本期为正常使用。',
  change_base: '基准年部分楼层停用，不具可比性。',
  people_changed: '机构调整，编外人员并入统计。',
  area_changed: '新增借用办公用房，已登记。',
  intensity: '信息机房与食堂在本单位集中，已申请单独计量。',
  completeness: '网关检修期间缺数，总量由前后读数确定。',
  missing_carrier: '本期未使用该品种。',
};
const OTHERWISE = '已核实，数据无误。';

interface Rooms {
  catalogue: Catalogue;
  timeseries: TimeSeries;
  journal: Journal;
}

/** Nothing where something was filed already. */
export async function setDemoFilings(
  ask: Ask,
  { catalogue, timeseries, journal }: Rooms,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { zone } = catalogue.snapshot();
  const today = zone.iso(now).slice(0, 7);
  const [m1, m2, m3] = [monthAfter(today, -1), monthAfter(today, -2), monthAfter(today, -3)];
  if (catalogue.filings.list(monthAfter(today, -24), today).length > 0) return;
  // The demo is opened on any day; what ended last is due some days later, where the month has as many.
  const day = Math.min(28, zone.wall(now).day + 3);
  const deadline = {
    form: 'monthly',
    node: ROOT,
    from: m3,
    months: 1,
    day,
    source: { text: `${BUREAU}通知：月后 ${day} 日前报送（演示数据）`, confidence: 'verified' },
  };
  await ask('/api/v1/policy/deadline/anlan.monthly', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ body: deadline, recorded_by: BUREAU }),
  });

  const kept = { months: new Months(timeseries, () => catalogue.snapshot()), forecasts: new Forecasts() };
  const sourcesAt = (at: number): FilingSources => ({
    ...kept,
    estate: catalogue.snapshot(),
    policy: catalogue.policy(),
    timeseries,
    journal,
    now: at,
    suspects: () => journal.suspects(),
    filings: catalogue.filings,
  });
  const file = async (key: FilingKey, at: number, by: string): Promise<void> => {
    const sources = sourcesAt(at);
    for (const { check, month, state } of await filingChecks(sources, key)) {
      if (check.severity !== 'must' || state === 'explained') continue;
      const text = EXPLAINED[check.kind] ?? OTHERWISE;
      const figure = JSON.stringify(check.figure);
      catalogue.filings.explain({ node: key.node, month, check: check.id, text, by, at: at - HOUR, figure });
    }
    const checks = await filingChecks(sources, key);
    const frozen = freeze(await composeFiling(sources, key, checks, by));
    step(key, 'submit', at, by, '', frozen);
  };
  const step = (
    key: FilingKey,
    action: FilingAction,
    at: number,
    by: string,
    remark = '',
    frozen: Parameters<Catalogue['filings']['step']>[2]['frozen'] = null,
  ): void => {
    const from = stateOf(catalogue.filings.get(key));
    catalogue.filings.step(key, from, { action, at, by, remark, frozen });
  };

  const dayOf = (month: string, of: number): number =>
    zone.instant(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)) - 1, of, 9, 30));
  const year = periodOf('annual', monthAfter(`${today.slice(0, 4)}-01`, -1));
  const quarter = periodOf('quarterly', monthAfter(`${today.slice(0, 4)}-${firstOfQuarter(today)}`, -1));
  const afterQuarter = `${today.slice(0, 4)}-${firstOfQuarter(today)}`;
  for (const [i, node] of filersBelow(catalogue.snapshot(), ROOT).entries()) {
    const by = MANAGERS[i % MANAGERS.length] as string;
    const through = async (
      key: Omit<FilingKey, 'node'>,
      at: number,
      ...then: FilingAction[]
    ): Promise<void> => {
      if (signal.aborted || at >= now) return;
      const of = { node: node.id, ...key };
      await file(of, at, by);
      for (const [n, action] of then.entries()) {
        const remark = action === 'return' ? '用水比去年同期变化较大，请核对水表读数后再报。' : '';
        step(of, action, Math.min(now, at + (n + 1) * 30 * HOUR), REVIEWER, remark);
      }
    };
    await through(
      { form: 'annual', period: year },
      dayOf(`${today.slice(0, 4)}-02`, 20 + (i % 6)),
      'accept',
      'publish',
    );
    await through(
      { form: 'quarterly', period: quarter },
      dayOf(afterQuarter, 3 + (i % 6)),
      'accept',
      'publish',
    );
    // One was a few days late.
    await through(
      { form: 'monthly', period: m3 },
      dayOf(m2, i === 3 ? day + 2 : 3 + (i % 5)),
      'accept',
      'publish',
    );
    await through({ form: 'monthly', period: m2 }, dayOf(m1, 4 + (i % 5)), 'accept', 'publish');
    // The newest: the first has not filed it, one was returned, one waits, the others are through.
    const then: FilingAction[] = i === 1 ? ['return'] : i === 2 ? [] : ['accept'];
    if (i > 0) await through({ form: 'monthly', period: m1 }, dayOf(today, 1 + (i % 3)), ...then);
  }
}

function firstOfQuarter(month: string): string {
  return String(Math.floor((Number(month.slice(5)) - 1) / 3) * 3 + 1).padStart(2, '0');
}
