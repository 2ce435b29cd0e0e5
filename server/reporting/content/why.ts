import type { WaterfallOf } from '../../conservation/waterfalls.ts';
import { isComparable, type Use } from './facts.ts';
import { known } from './indicators.ts';
import { amountText } from './say.ts';
import type { Words } from './words.ts';

/** Less than a thousandth of last year's figure is not spoken of. */
const WORTH = 0.001;

/**
 * Why the month's energy differs from last year's, as far as the model of its days tells it.
 * @returns null where the two cannot be compared, or do not differ
 */
export function whyText(use: Use, waterfall: WaterfallOf | null, w: Words): string | null {
  const energy = use.month.get('energy');
  if (!waterfall || !energy || !isComparable(known(energy.value), known(energy.lastYear))) return null;
  if (waterfall.difference === null || !waterfall.lastYear) return null;
  const least = WORTH * Math.abs(waterfall.lastYear);
  const worth = waterfall.parts.filter((p) => p.amount !== null && Math.abs(p.amount) >= least);
  const unknown = waterfall.parts.some((p) => p.amount === null);
  // All of it in one rest says nothing.
  const told = worth.filter((p) => p.cause !== 'rest');
  if (told.length === 0) return null;
  const parts = worth.map(({ cause, amount }) => {
    const by = amount ?? 0;
    const size = amountText(w, Math.abs(by), waterfall.unit);
    const name = w.summary.causes[cause];
    return by > 0 ? w.summary.causeMore(name, size) : w.summary.causeLess(name, size);
  });
  if (unknown) parts.push(w.summary.noCause);
  return w.summary.why(parts.join(w.comma));
}
