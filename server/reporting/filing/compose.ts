import type { FilingStore } from '../../catalogue/filings.ts';
import { type FilingKey, monthsOf } from '../../domain/filing.ts';
import { checksOf } from '../checks/checks.ts';
import type { CheckSources } from '../checks/sources.ts';
import { wordsOf } from '../content/words.ts';
import { REPORT_LANGUAGES, type Report } from '../model.ts';
import { buildReport, type ReportSources } from '../report.ts';
import { explained, type FiledCheck } from './checked.ts';
import { contentsOf } from './contents.ts';
import { FROZEN_MODEL, type FrozenFiling } from './frozen.ts';

/** What filings are made from. */
export interface FilingSources extends ReportSources {
  /** epoch ms */
  now: number;
  suspects: CheckSources['suspects'];
  filings: Pick<FilingStore, 'explanations'>;
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
      const report = await buildReport(sources, { ...content, node: key.node, language, now: at });
      reports.push(signed(report, wordsOf(language).day(estate.zone.wall(at)), by));
    }
  }
  return { model: FROZEN_MODEL, ...key, at, by, checks, reports };
}

/** Who files a report is who filled it in: the last of those who sign. */
function signed(report: Report, date: string, by: string): Report {
  const { people } = report.signature;
  const last = people.length - 1;
  return {
    ...report,
    signature: { people: people.map((p, i) => (i === last ? { ...p, name: by } : p)), date },
  };
}
