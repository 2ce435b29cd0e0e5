/** What `{"time":T,"value":N}` says, the payload that nearly every meter sends. */
export interface NativeReading {
  time: number | string;
  value: number;
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits are an integer below 2^53, and a power of ten of so many zeros is exact: one division rounds once. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);
/** Longer texts are no time. */
const LONGEST_TIME = 40;

const OPEN_TIME = Buffer.from('{"time":');
const VALUE = Buffer.from(',"value":');

/**
 * Reads the one plain form straight from the bytes, where JSON would make a text and an object of them first.
 * Whatever is written in any other way, with other keys, an exponent, an escape or many digits, is left to JSON.
 * @returns exactly what `JSON.parse` gives for the payload, or null when it is not of this form
 */
export function nativeReading(payload: Uint8Array): NativeReading | null {
  let at = follows(payload, 0, OPEN_TIME);
  if (at < 0) return null;
  at = skipSpace(payload, at);
  let time: number | string;
  if (payload[at] === QUOTE) {
    const from = at + 1;
    at = plainText(payload, from);
    if (at < 0) return null;
    time = String.fromCharCode(...payload.subarray(from, at));
    at++;
  } else {
    time = number(payload, at);
    if (Number.isNaN(time)) return null;
    at = numberEnd;
  }
  at = skipSpace(payload, at);
  at = follows(payload, at, VALUE);
  if (at < 0) return null;
  at = skipSpace(payload, at);
  const value = number(payload, at);
  if (Number.isNaN(value)) return null;
  at = skipSpace(payload, numberEnd);
  return payload[at] === 0x7d && at === payload.length - 1 ? { time, value } : null;
}

/** Spaces after a colon or comma, as many JSON writers put them; JSON takes them in the same places. */
function skipSpace(bytes: Uint8Array, at: number): number {
  while (bytes[at] === 0x20) at++;
  return at;
}

/** Where the text ends that must stand at `at`, with spaces after a comma; -1 when another stands there. */
function follows(bytes: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at] !== text[i]) return -1;
    at++;
    if (i === 0) while (bytes[at] === 0x20) at++;
  }
  return at;
}

/** Where the quote stands that ends a text of printable ASCII without an escape; -1 for any other. */
function plainText(bytes: Uint8Array, from: number): number {
  const most = Math.min(bytes.length, from + LONGEST_TIME);
  for (let at = from; at < most; at++) {
    const c = bytes[at] as number;
    if (c === QUOTE) return at;
    if (c < 0x20 || c > 0x7e || c === 0x5c) return -1;
  }
  return -1;
}

/** Behind the number that was read last. */
let numberEnd = 0;

/** The number without an exponent that begins at `at`; NaN when there is none, or one with too many digits. */
function number(bytes: Uint8Array, at: number): number {
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  const first = at;
  let digits = 0;
  let decimals = 0;
  let c = bytes[at] as number;
  while (c >= ZERO && c <= NINE) {
    digits = digits * 10 + (c - ZERO);
    c = bytes[++at] as number;
  }
  const whole = at - first;
  if (whole === 0 || (whole > 1 && bytes[first] === ZERO)) return Number.NaN;
  if (c === POINT) {
    c = bytes[++at] as number;
    while (c >= ZERO && c <= NINE) {
      digits = digits * 10 + (c - ZERO);
      decimals++;
      c = bytes[++at] as number;
    }
    if (decimals === 0) return Number.NaN;
  }
  // e and E
  if (whole + decimals > EXACT_DIGITS || c === 0x65 || c === 0x45) return Number.NaN;
  numberEnd = at;
  const size = decimals === 0 ? digits : digits / (POWERS[decimals] as number);
  return negative ? -size : size;
}
