import type { FilingStore } from '../../catalogue/filings.ts';
import { type FilingKey, parseFilingId, submissionOf } from '../../domain/filing.ts';
import type { Report, ReportKind, ReportLanguage } from '../model.ts';
import { type FrozenFiling, reportIn, thaw } from './frozen.ts';

/** What was filed, and the hash that it was found to have. */
export interface FiledReport {
  report: Report;
  hash: string;
}

/**
 * What the last submission of a filing froze, checked against its hash.
 * @returns null where nothing was submitted
 * @throws TamperedFilingError that names the filing
 */
export function frozenFiling(
  filings: Pick<FilingStore, 'get' | 'frozen'>,
  key: FilingKey,
): { filing: FrozenFiling; hash: string } | null {
  const hash = submissionOf(filings.get(key))?.hash;
  const bytes = hash ? filings.frozen(key, hash) : null;
  return hash && bytes ? { filing: thaw(key, { hash, bytes }), hash } : null;
}

/**
 * A report as it was filed.
 * @param id of the filing, `gov:monthly:2026-12`
 * @returns null where there is no such filing, it is not submitted, or it has no such report
 * @throws TamperedFilingError that names the filing
 */
export function frozenReport(
  filings: Pick<FilingStore, 'get' | 'frozen'>,
  id: string,
  of: { kind: ReportKind; month: string; language: ReportLanguage },
): FiledReport | null {
  const key = parseFilingId(id);
  const found = key && frozenFiling(filings, key);
  const report = found && reportIn(found.filing, of);
  return report ? { report, hash: found.hash } : null;
}
