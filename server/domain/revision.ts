import type { Amount } from './rollup.ts';

/** Why hours that were already shown were computed again. */
export const CAUSES = ['late', 'judgement', 'description', 'ceiling', 'statement'] as const;
/**
 * late: a reading came after later ones. judgement: later readings changed what is believed of earlier ones.
 * description: epochs, interval or kind of register were changed. ceiling: one was learned. statement: a
 * reading by eye or an estimate was entered or withdrawn.
 */
export type Cause = (typeof CAUSES)[number];

/** Hours of one meter and month that changed after they had been shown. */
export interface Revision {
  no: number;
  /** `Meter.no` */
  meter: number;
  /** Start of the month, epoch ms. */
  month: number;
  /** When it was computed, epoch ms. */
  at: number;
  causes: Cause[];
  /** Version of the catalogue whose change led to it; null: none. */
  catalogue: number | null;
  /** Start of the first changed hour and end of the last, epoch ms. */
  from: number;
  to: number;
  /** How many hours changed. */
  hours: number;
  /** What those hours amounted to before and after; null: nothing was known. */
  before: Amount | null;
  after: Amount | null;
}
