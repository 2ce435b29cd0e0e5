import type { Comparison } from '../../../../server/http/schemas/comparison.ts';
import { fixed } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { amountParts, placesFor } from '../terms/amounts.ts';
import type { QuotaWords } from './words.zh.ts';

/**
 * Tells the values of a ranking, and what lies between them. What is per m² or person stands in one step:
 * neighbours are told apart by their digits, in the sentence as in the bars.
 */
export function rankedIn(
  data: Comparison,
  w: QuotaWords,
  m: Catalogue,
): (value: number) => { figure: string; unit: string } {
  const values = data.rows.flatMap((r) => (r.value === null ? [] : [r.value]));
  const places = data.unit.includes('/') ? placesFor(values) : null;
  return (value) => {
    const { figure, unit } = amountParts(value, data.unit, w, m) ?? { figure: m.number.unknown, unit: '' };
    return { figure: places === null ? figure : fixed(value, places), unit };
  };
}
