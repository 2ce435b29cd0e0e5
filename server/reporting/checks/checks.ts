import { billChecks, priceChecks } from './book.ts';
import { CHECK_KINDS, type Check } from './check.ts';
import { consumptionChecks } from './consumption.ts';
import { denominatorChecks } from './denominators.ts';
import { intensityChecks } from './intensity.ts';
import { balanceChecks, exchangeChecks } from './meters.ts';
import { type CheckSources, checkedOf } from './sources.ts';

/** So many are told; where there are more, mending the first leads to the rest. */
const MOST = 200;

/**
 * What is to be mended or explained before a month of a node is filed; those that hold filing up first. The id
 * of a check stays the same while its finding does, so that an explanation finds it again.
 * @param month `2026-12`; one that still runs is compared up to the last full hour
 * @throws RangeError where the month is none or has not begun
 */
export async function checksOf(sources: CheckSources, node: string, month: string): Promise<Check[]> {
  const checked = checkedOf(sources, node, month);
  const found = [
    ...(await priceChecks(checked)),
    ...(await billChecks(checked)),
    ...(await consumptionChecks(checked)),
    ...denominatorChecks(checked),
    ...(await intensityChecks(checked)),
    ...(await balanceChecks(checked)),
    ...exchangeChecks(checked),
  ];
  const rank = (c: Check): number => (c.severity === 'must' ? 0 : 100) + CHECK_KINDS.indexOf(c.kind);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
}
