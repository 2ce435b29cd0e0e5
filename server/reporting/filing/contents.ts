import type { Estate } from '../../domain/estate.ts';
import { type FilingKey, monthsOf } from '../../domain/filing.ts';
import type { ReportKind } from '../model.ts';

/** A report that a filing consists of. */
export interface Content {
  kind: ReportKind;
  month: string;
}

/**
 * The reports of a filing: of a month all its kinds; of a quarter its three months; of a year its last month,
 * which tells the whole year beside it.
 */
export function contentsOf(estate: Estate, key: FilingKey): Content[] {
  const months = monthsOf(key.form, key.period);
  const last = months.at(-1) as string;
  if (key.form === 'quarterly') return months.map((month) => ({ kind: 'monthly', month }));
  if (key.form === 'annual') return [{ kind: 'monthly', month: last }];
  return kindsOf(estate, key.node).map((kind) => ({ kind, month: last }));
}

/** A bureau has its institutions to report on; an institution reports on itself. */
export function kindsOf(estate: Estate, node: string): ReportKind[] {
  const isBureau = estate.node(node)?.kind === 'region';
  return isBureau ? ['monthly', 'bulletin', 'brief'] : ['monthly', 'brief'];
}
