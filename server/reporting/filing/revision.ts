import type { FilingKey } from '../../domain/filing.ts';
import type { ReportLanguage } from '../model.ts';
import { type CauseSources, causesSince, type RevisionCause } from './causes.ts';
import { type FilingSources, filingReport } from './compose.ts';
import { type ChangedFigure, changedFigures } from './figures.ts';
import type { FrozenFiling } from './frozen.ts';

/** How what was filed differs from what the same reports would say today. */
export interface FilingRevision {
  /** Of each report with a figure that changed. */
  reports: { kind: string; month: string; title: string; figures: ChangedFigure[] }[];
  /** What happened since, newest first; empty where nothing is on record that would explain it. */
  causes: RevisionCause[];
}

/**
 * Computes the reports of a filing again as of the instant at which they were frozen, from the data of today,
 * and lists what differs. What was filed stays as it is.
 * @throws RangeError where a report cannot be computed any more, e.g. a scheme that is gone
 */
export async function revisionOf(
  sources: FilingSources & CauseSources,
  key: FilingKey,
  frozen: FrozenFiling,
  language: ReportLanguage,
): Promise<FilingRevision> {
  const reports: FilingRevision['reports'] = [];
  for (const filed of frozen.reports.filter((r) => r.language === language)) {
    const { kind, month, title } = filed;
    const of = { kind, month, language, node: key.node };
    const today = await filingReport(sources, of, frozen.checks, frozen);
    const figures = changedFigures(filed, today);
    if (figures.length > 0) reports.push({ kind, month, title, figures });
  }
  return { reports, causes: reports.length > 0 ? causesSince(sources, key, frozen.at) : [] };
}
