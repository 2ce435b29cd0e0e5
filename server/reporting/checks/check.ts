import type { Carrier } from '../../domain/meter.ts';

/**
 * Checks before filing (上报前审核), as used in practice: each finds something that is to be mended or explained
 * before a month is filed.
 */
export const CHECK_KINDS = [
  /** 单价: cost ÷ quantity out of the reference price. */
  'unit_price',
  /** 同比: against the like month of last year. */
  'change_last_year',
  /** 定比: against the like month of the base year. */
  'change_base',
  'people_changed',
  'area_changed',
  /** Outside 引导值–约束值 of a quota. */
  'intensity',
  'completeness',
  /** A carrier was used last month or in the like month of last year, and now nothing is known of it. */
  'missing_carrier',
  'submeters_above_main',
  'suspected_exchange',
  'bill_difference',
] as const;
export type CheckKind = (typeof CHECK_KINDS)[number];

/** must: neither mended nor explained, nothing can be filed. should: shown, filing is not held up. */
export const SEVERITIES = ['must', 'should'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Where it can be mended: a page of the dashboard and what its address says. */
export interface CheckLink {
  view: 'building' | 'meter' | 'meters' | 'balance' | 'quotas' | 'settings' | 'health' | 'book';
  params: Readonly<Record<string, string>>;
}

export interface Check {
  /** The same for the same finding whenever it is looked for, e.g. `change_last_year:electricity`. */
  id: string;
  kind: CheckKind;
  severity: Severity;
  /** What its sentence says besides the figure. */
  what: {
    carrier: Carrier | null;
    /** Meter, quota or account by id, with the name that is shown; null: none. */
    id: string | null;
    name: string | null;
    /** The value that the figure was compared with, in the unit of `figure.of`; null: none. */
    before: number | null;
    /** What it is compared with, in a word: a month like 2025-12, a metric, a verdict; null: nothing. */
    against: string | null;
  };
  link: CheckLink;
  /** The figure at fault and what it is held against. A share is of 1. */
  figure: {
    value: number | null;
    unit: string;
    /** Share that is too large or small: the change, the completeness, the difference; null: none. */
    share: number | null;
    low: number | null;
    high: number | null;
  };
}
