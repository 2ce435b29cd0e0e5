/** Sentences made from figures of indicators and quotas. */
import { percent } from '../i18n/format.ts';
import { ENOUGH_BASIS } from '../state/finding.ts';
import type { QuotaWords } from './words.zh.ts';

/** A change is the same to the tenth of a per cent that is shown. */
const SAME = 0.0005;

/** A clause that follows another; nothing where there is nothing to compare with. */
export function changeText(change: number | null, basis: number, w: QuotaWords): string {
  if (change === null || basis < ENOUGH_BASIS) return '';
  return w.notice.comma + changeWords(change, w);
}

export function changeWords(change: number | null, w: QuotaWords): string {
  if (change === null) return w.notice.noBasis;
  if (Math.abs(change) < SAME) return w.notice.same;
  return change < 0 ? w.notice.less(percent(change)) : w.notice.more(percent(change));
}
