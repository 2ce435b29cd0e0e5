import type { FilingStore } from '../../catalogue/filings.ts';
import { type FilingKey, monthsOf } from '../../domain/filing.ts';
import { checksOf } from '../checks/checks.ts';
import type { CheckSources } from '../checks/sources.ts';
import { REPORT_LANGUAGES, type Report, type ReportLanguage } from '../model.ts';
import { buildReport, type ReportSources } from '../report.ts';
import { explained, type FiledCheck } from './checked.ts';
import { type Content, contentsOf } from './contents.ts';
import { FROZEN_MODEL, type FrozenFiling } from './frozen.ts';
import { filingNotes } from './notes.ts';

/** What filings are made from. */
export interface FilingSources extends ReportSources {
  /** epoch ms */
  now: number;
  suspects: CheckSources['suspects'];
  filings: Pick<FilingStore, 'explanations' | 'list' | 'enteredAt'>;
}

/** The checks of the months of a filing that have begun, each with its explanation. */
export async function filingChecks(sources: FilingSources, key: FilingKey): Promise<FiledCheck[]> {
  const months = monthsOf(key.form, key.period);
  const today = sources.estate.zone.iso(sources.now).slice(0, 7);
  const said = sources.filings.explanations(months[0] as string, months.at(-1) as string, key.node);
  const out: FiledCheck[] = [];
  for (const month of months.filter((m) => m <= today)) {
    out.push(...explained(month, await checksOf(sources, key.node, month), said));
  }
  return out;
}

/**
 * A report of a filing with the explanations of its month's checks, signed by who files it; without who, as it
 * stands before.
 */
export async function filingReport(
  sources: ReportSources & Pick<FilingSources, 'filings'>,
  of: Content & { node: string; language: ReportLanguage },
  checks: readonly FiledCheck[],
  signed: { at: number; by: string | null },
): Promise<Report> {
  const { at, by } = signed;
  const own = checks
    .filter((c) => c.month === of.month)
    .map(({ check, state, explanation }) => ({
      check,
      explanation: state === 'explained' ? explanation : null,
    }));
  return buildReport(sources, {
    ...of,
    now: at,
    checks: own,
    ...(of.kind === 'bulletin' && { filings: filingNotes(sources, of.node, of.month, at) }),
    // Of who signs, the last filled it in.
    ...(by !== null && { signed: [null, null, by], filedOn: sources.estate.zone.iso(at).slice(0, 10) }),
  });
}

/** All that a submission says: its reports in every language, with who files them and when. */
export async function composeFiling(
  sources: FilingSources,
  key: FilingKey,
  checks: FiledCheck[],
  by: string,
): Promise<FrozenFiling> {
  const { now: at, estate } = sources;
  const reports: Report[] = [];
  for (const content of contentsOf(estate, key)) {
    for (const language of REPORT_LANGUAGES) {
      const of = { ...content, node: key.node, language };
      reports.push(await filingReport(sources, of, checks, { at, by }));
    }
  }
  return { model: FROZEN_MODEL, ...key, at, by, checks, reports };
}
