/**
 * The eight failures that 公共机构节能条例 art. 37 punishes, in its order and with its words in mind: (1) no annual
 * target and plan, or not filed; (2) no metering by user, kind and item, or no correction of waste; (3) no named
 * statistician or no ledger; (4) last year's consumption not reported; (5) above the quota without explanation;
 * (6) no post for energy management, or unqualified operators; (7) no energy audit, or no saving by it; (8)
 * resistance to supervision, or untrue data.
 */
export const FAILURES = [
  'plan',
  'metering',
  'ledger',
  'annual_report',
  'over_quota',
  'energy_post',
  'audit',
  'data_given',
] as const;
export type Failure = (typeof FAILURES)[number];

/** What a person enters as evidence that an institution has done what is asked, where no figure shows it. */
export interface Evidence {
  /** `node:year:failure`. */
  id: string;
  node: string;
  year: number;
  failure: Failure;
  text: string;
  /** Day of the document or act, YYYY-MM-DD. */
  date: string;
  /** Of the document; null: it has none. */
  number: string | null;
  /** Who entered it. */
  author: string;
}

export function evidenceId(node: string, year: number, failure: Failure): string {
  return `${node}:${year}:${failure}`;
}
