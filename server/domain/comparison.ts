/** Institutions of one kind beside each other: the smaller the figure, the better the rank. */

/** Beyond such a change of area or headcount a figure per m² or person says little about saving. */
export const CHANGE_LIMIT = 0.1;
/** Below such a completeness a figure is too low by what nobody measured. */
export const COMPLETENESS_LIMIT = 0.9;

export interface Quartiles {
  q1: number;
  median: number;
  q3: number;
}

/**
 * Quarter points by linear interpolation between the ordered values, as spreadsheets do (QUARTILE.INC).
 * @returns null for fewer than 4 values: a quarter of them is none
 */
export function quartilesOf(values: readonly number[]): Quartiles | null {
  if (values.length < 4) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const low = sorted[Math.floor(place)] as number;
    const high = sorted[Math.ceil(place)] as number;
    return low + (high - low) * (place - Math.floor(place));
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

/** 1: up to the first quarter point, 4: above the third. */
export function quartileOf(quartiles: Quartiles | null, value: number): 1 | 2 | 3 | 4 | null {
  if (!quartiles) return null;
  if (value <= quartiles.q1) return 1;
  if (value <= quartiles.median) return 2;
  return value <= quartiles.q3 ? 3 : 4;
}

/** 1 for the smallest; equal values share a rank and the next one counts them all; null has none. */
export function ranksOf(values: readonly (number | null)[]): (number | null)[] {
  const sorted = values.flatMap((v) => v ?? []).sort((a, b) => a - b);
  const first = new Map<number, number>();
  sorted.forEach((v, i) => {
    if (!first.has(v)) first.set(v, i + 1);
  });
  return values.map((v) => (v === null ? null : (first.get(v) ?? null)));
}

/** now ÷ then − 1; null where one is not known or `then` is 0. */
export function changeOf(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : now / then - 1;
}

/** Whether two values of an attribute are further apart than makes a fair comparison. */
export function changedALot(now: number | null, then: number | null): boolean {
  const change = changeOf(now, then);
  // 1.1 / 1 − 1 is a little more than 0.1 in binary.
  return change !== null && Math.abs(change) > CHANGE_LIMIT + 1e-9;
}
