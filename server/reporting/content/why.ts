import type { WaterfallOf } from '../../conservation/waterfalls.ts';
import type { Row, Table } from '../model.ts';
import { isComparable, type ReportGround, type Use } from './facts.ts';
import { known } from './indicators.ts';
import { amountText, column, inScale, numberCell, scaled, textCell, unitSign } from './say.ts';
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

/**
 * The same as a table whose rows add up to the difference.
 * @returns null where the two cannot be compared
 */
export function causesTable(
  { estate }: ReportGround,
  use: Use,
  waterfall: WaterfallOf,
  w: Words,
): Table | null {
  const energy = use.month.get('energy');
  if (!energy || !isComparable(known(energy.value), known(energy.lastYear))) return null;
  if (waterfall.difference === null || !waterfall.lastYear) return null;
  const words = w.causes;
  const scale = scaled(waterfall.unit);
  const base = waterfall.lastYear;
  const row = (kind: Row['kind'], cause: string, amount: number | null): Row => ({
    kind,
    ...(kind === 'total' ? { sums: ['amount'] } : {}),
    cells: {
      cause: textCell(cause),
      amount: amount === null ? { value: null, lack: words.unknown } : numberCell(w, inScale(amount, scale)),
      share: amount === null ? { value: null, lack: words.unknown } : { value: amount / base },
    },
  });
  const { from, to } = waterfall.span;
  const span = w.anomalies.span(w.day(estate.zone.wall(from)), w.day(estate.zone.wall(to - 1)));
  return {
    kind: 'table',
    id: 'causes',
    caption: words.caption(span),
    columns: [
      column.text('cause', words.cause),
      column.number('amount', words.amount, unitSign(w, scale.unit), 2),
      { ...column.share('share', words.share), format: { type: 'change', digits: 1 } },
    ],
    rows: [
      ...waterfall.parts.map((p) => row('row', w.summary.causes[p.cause], p.amount)),
      row('total', words.total, waterfall.difference),
    ],
    notes: [words.note],
  };
}
