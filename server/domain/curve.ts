/** How a year's budget is spread over its months: by history, not by twelve. */

/** Whose past the curve is: the node's own, a node's above, or none, then every day gets the same. */
export const BASES = ['own', 'above', 'days'] as const;
export type CurveBasis = (typeof BASES)[number];

/** Years that a curve is the mean of, at most: older ones tell of another institution. */
export const CURVE_YEARS = 3;

/**
 * The share of each month, the mean of the shares in the given years; they add up to 1.
 * @param years the twelve quantities of each, none below 0
 * @returns null where no year has any quantity
 */
export function monthShares(years: readonly (readonly number[])[]): number[] | null {
  const shares = new Array<number>(12).fill(0);
  let count = 0;
  for (const months of years) {
    const total = months.reduce((a, b) => a + b, 0);
    if (!(total > 0)) continue;
    count++;
    for (let m = 0; m < 12; m++) shares[m] = (shares[m] as number) + (months[m] ?? 0) / total;
  }
  return count === 0 ? null : normalised(shares);
}

/** The share of each month when every day counts the same. */
export function dayShares(year: number): number[] {
  return normalised(Array.from({ length: 12 }, (_, m) => daysIn(year, m)));
}

/**
 * The share of the year up to the end of a day.
 * @param month 0–11, the one that holds the day
 * @param days of that month that are over
 */
export function shareUpTo(shares: readonly number[], year: number, month: number, days: number): number {
  const before = shares.slice(0, month).reduce((a, b) => a + b, 0);
  return before + ((shares[month] ?? 0) * days) / daysIn(year, month);
}

/** @param month 0–11 */
export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

function normalised(parts: readonly number[]): number[] {
  const total = parts.reduce((a, b) => a + b, 0);
  return parts.map((p) => p / total);
}
