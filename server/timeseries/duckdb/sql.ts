/** A whole number as SQL has it; the infinities are its ends. @throws RangeError for any other number */
export function whole(n: number): string {
  if (n === Number.POSITIVE_INFINITY) return '9223372036854775807';
  if (n === Number.NEGATIVE_INFINITY) return '-9223372036854775807';
  if (!Number.isSafeInteger(n)) throw new RangeError(`${n} is not a whole number`);
  return String(n);
}

/** Meters from which on they are given as one list: DuckDB takes 3 µs to read each number that stands by itself. */
const MANY_METERS = 32;

export function isOneOf(meters: readonly number[]): string {
  if (meters.length === 1) return `meter = ${whole(meters[0] as number)}`;
  return meters.length < MANY_METERS
    ? `meter IN (${meters.map(whole).join(',')})`
    : `meter IN (SELECT unnest(${listOf(meters)}))`;
}

export function listOf(numbers: readonly number[]): string {
  return `'[${numbers.map(whole).join(',')}]'::UINTEGER[]`;
}

/** Whether a period begins in [from, to). */
export function within(from: number, to: number): string {
  return `start >= ${whole(from)} AND start < ${whole(to)}`;
}
