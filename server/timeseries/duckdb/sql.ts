/** A whole number as SQL has it; the infinities are its ends. @throws RangeError for any other number */
export function whole(n: number): string {
  if (n === Number.POSITIVE_INFINITY) return '9223372036854775807';
  if (n === Number.NEGATIVE_INFINITY) return '-9223372036854775807';
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number`);
  return String(n);
}

export function isOneOf(meters: readonly number[]): string {
  return meters.length === 1
    ? `meter = ${whole(meters[0] as number)}`
    : `meter IN (${meters.map(whole).join(',')})`;
}

/** Whether a period begins in [from, to). */
export function within(from: number, to: number): string {
  return `start >= ${whole(from)} AND start < ${whole(to)}`;
}
