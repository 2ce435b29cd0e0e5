import { institutionsBelow } from '../conservation/comparison.ts';
import type { Sources } from '../conservation/ground.ts';
import { positionsOf, quotaYear } from '../conservation/quotas.ts';
import { meterSeries } from '../conservation/series.ts';
import { type Evidence, evidenceId, FAILURES, type Failure } from '../domain/compliance.ts';
import { type Filing, stateOf, submissionOf } from '../domain/filing.ts';
import { monthOf } from '../domain/month.ts';
import { planId } from '../domain/target.ts';

/**
 * shown: the system shows it. entered: a person entered evidence. missing: neither. not_due: nothing is asked, e.g.
 * because no quota is exceeded.
 */
export const COMPLIANCE_STATES = ['shown', 'entered', 'missing', 'not_due'] as const;
export type ComplianceState = (typeof COMPLIANCE_STATES)[number];

/** One thing in the system that bears witness, or that is asked for and lacks, in plain data. */
export interface Witness {
  what:
    | 'plan_filed'
    | 'plan_unfiled'
    | 'plan_none'
    | 'meters'
    | 'meters_none'
    | 'items'
    | 'items_none'
    | 'statistician'
    | 'statistician_none'
    | 'book'
    | 'book_none'
    | 'annual_filed'
    | 'annual_returned'
    | 'annual_none'
    | 'within_quota'
    | 'quota_unknown'
    | 'over_explained'
    | 'over_unexplained'
    | 'monthly_filed';
  /** Date, count or name, as the word needs it; null: none. */
  value: string | number | null;
  /** Number of a document, standard of a quota; null: none. */
  of: string | null;
}

export interface ComplianceRow {
  failure: Failure;
  state: ComplianceState;
  witnesses: Witness[];
  evidence: Evidence | null;
}

export interface Compliance {
  node: string;
  name: string;
  rows: ComplianceRow[];
}

export interface ComplianceSources extends Sources {
  /** Filings whose last month lies in a range, `2026-01` to `2026-12`. */
  filings: (from: string, to: string, node: string) => readonly Filing[];
}

/**
 * The eight failures of 条例 art. 37 for each institution at a node and below it, each with what speaks against it:
 * plan and metering of the year, the ledger kept in it, the report filed on the year before.
 */
export async function complianceOf(
  sources: ComplianceSources,
  node: string,
  year: number,
): Promise<Compliance[]> {
  const { estate } = sources;
  const out: Compliance[] = [];
  const over = quotaYear(estate.zone, sources.now, year - 1);
  // One question to the store for all of them; without it each institution asks its own.
  if (over) await sources.months.perMonth(estate.metersBelow(node).map(meterSeries), over.from, over.to);
  for (const { id, name } of institutionsBelow(estate, node)) {
    const rows: ComplianceRow[] = [];
    for (const failure of FAILURES) rows.push(await rowOf(sources, id, year, failure));
    out.push({ node: id, name, rows });
  }
  return out;
}

type Found = { state: ComplianceState; witnesses: Witness[] };

async function rowOf(
  sources: ComplianceSources,
  node: string,
  year: number,
  failure: Failure,
): Promise<ComplianceRow> {
  const found = await findingOf(sources, node, year, failure);
  const evidence = sources.policy.get('evidence', evidenceId(node, year, failure)) ?? null;
  const state = found.state === 'missing' && evidence ? 'entered' : found.state;
  return { failure, state, witnesses: found.witnesses, evidence };
}

async function findingOf(
  sources: ComplianceSources,
  node: string,
  year: number,
  failure: Failure,
): Promise<Found> {
  if (failure === 'plan') return planOf(sources, node, year);
  if (failure === 'metering') return meteringOf(sources, node);
  if (failure === 'ledger') return ledgerOf(sources, node, year);
  if (failure === 'annual_report') return annualOf(sources, node, year);
  if (failure === 'over_quota') return quotaOf(sources, node, year);
  if (failure === 'data_given') return dataOf(sources, node, year);
  // Posts and audits are no matter of figures: a person says what was done.
  return { state: 'missing', witnesses: [] };
}

const witness = (
  what: Witness['what'],
  value: Witness['value'] = null,
  of: string | null = null,
): Witness => ({
  what,
  value,
  of,
});

function shown(ok: boolean, ...witnesses: Witness[]): Found {
  return { state: ok ? 'shown' : 'missing', witnesses };
}

/** Art. 37 (1): the year's target and plan, filed. */
function planOf({ policy }: Sources, node: string, year: number): Found {
  const plan = policy.get('plan', planId(node, year));
  if (!plan) return shown(false, witness('plan_none', year));
  if (!plan.filed) return shown(false, witness('plan_unfiled', year));
  return shown(true, witness('plan_filed', plan.filed.date, plan.filed.number));
}

/** (2): metered by user, kind and item. */
function meteringOf({ estate }: Sources, node: string): Found {
  const meters = estate.metersBelow(node).filter((m) => m.register !== 'gauge');
  const items = new Set(meters.flatMap((m) => (m.item === null ? [] : m.item)));
  return shown(
    meters.length > 0 && items.size > 0,
    meters.length > 0 ? witness('meters', meters.length) : witness('meters_none'),
    items.size > 0 ? witness('items', items.size) : witness('items_none'),
  );
}

/** (3): a named statistician, and a ledger kept in the year: of months that were entered, or metered. */
function ledgerOf({ estate, policy }: Sources, node: string, year: number): Found {
  const name = policy.get('institution', node)?.statistician ?? null;
  const months = new Set(
    estate
      .subtree(node)
      .flatMap(({ id }) => estate.book.of(id))
      .flatMap(({ month }) => (month.startsWith(`${year}-`) ? month : [])),
  );
  return shown(
    name !== null && months.size > 0,
    name === null ? witness('statistician_none') : witness('statistician', name),
    months.size > 0 ? witness('book', months.size) : witness('book_none', year),
  );
}

/** (4): last year's consumption, reported: due by 31 March of the year. */
function annualOf({ estate, filings }: ComplianceSources, node: string, year: number): Found {
  const before = year - 1;
  const filing = filings(`${before}-12`, `${before}-12`, node).find((f) => f.form === 'annual');
  const state = stateOf(filing);
  const at = submissionOf(filing)?.at;
  if (at === undefined) return shown(false, witness('annual_none', before));
  const date = estate.zone.iso(at).slice(0, 10);
  if (state === 'returned') return shown(false, witness('annual_returned', date));
  return shown(true, witness('annual_filed', date));
}

/** (5): above the quota of the last whole year, without an explanation. */
async function quotaOf(sources: Sources, node: string, year: number): Promise<Found> {
  const over = quotaYear(sources.estate.zone, sources.now, year - 1);
  const positions = over ? await positionsOf(sources, node, over) : [];
  const above = positions.filter((p) => p.verdict === 'above_constraint');
  // A quota that holds and a year that is not known: nobody can say that it was kept.
  const open = positions.some((p) => p.quota !== null && p.value === null && p.lacks.length > 0);
  const unknown =
    open || positions.every((p) => p.value === null) ? [witness('quota_unknown', year - 1)] : [];
  if (above.length === 0 && unknown.length === 0) {
    return { state: 'not_due', witnesses: [witness('within_quota', year - 1)] };
  }
  const done = (state: string | undefined): boolean => state === 'submitted' || state === 'accepted';
  return shown(
    unknown.length === 0 && above.every((p) => done(p.explanation?.state)),
    ...above.map((p) =>
      witness(
        done(p.explanation?.state) ? 'over_explained' : 'over_unexplained',
        year - 1,
        p.quota?.standard ?? null,
      ),
    ),
    ...unknown,
  );
}

/** (8): data given as they were asked for: months of the year that were filed. */
function dataOf({ estate, filings, now }: ComplianceSources, node: string, year: number): Found {
  const last = [`${year}-12`, monthOf(estate.zone, now)].sort()[0] as string;
  const filed = filings(`${year}-01`, last, node).filter(
    (f) => f.form === 'monthly' && submissionOf(f) !== undefined && stateOf(f) !== 'returned',
  );
  return shown(filed.length > 0, witness('monthly_filed', filed.length));
}
