/**
 * Calendar arithmetic in the estate's time zone. Instants are epoch milliseconds everywhere; a period is
 * half open, [start, end), and its bounds are instants of local wall-clock boundaries, so that a day may
 * have 23, 24 or 25 hours.
 */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const LEVELS = ['hour', 'day', 'month', 'year'] as const;
export type Level = (typeof LEVELS)[number];

export interface Period {
  start: number;
  end: number;
}

/** Wall-clock fields of an instant; month is 1–12, weekday 1 (Monday) – 7 (Sunday). */
export interface WallClock {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
}

// Readings outside this span are refused at the door, so offsets need to be known only within it.
const FIRST_YEAR = 1970;
const LAST_YEAR = 2100;
const LAST_MS = Date.UTC(LAST_YEAR, 0, 1);

/** A time zone whose offset changes are looked up once, then answered by binary search. */
export class Zone {
  readonly name: string;
  /** Instants from which `#offsets[i]` holds, ascending; the first is −∞. */
  readonly #since: number[] = [Number.NEGATIVE_INFINITY];
  readonly #offsets: number[] = [];
  /** What `parseTime` read last: meters report together, so the same text comes many times over. */
  readonly lastParsed: { text: string; at: number | null } = { text: '', at: null };

  /** @throws RangeError when the name is not an IANA time zone. */
  constructor(name: string) {
    this.name = name;
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const offsetOf = (at: number): number => {
      const part = format.formatToParts(at).find((p) => p.type === 'timeZoneName')?.value ?? 'GMT';
      const m = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?/.exec(part);
      if (!m?.[1]) return 0;
      const ms = (Number(m[2]) * 3600 + Number(m[3]) * 60 + Number(m[4] ?? 0)) * 1000;
      return m[1] === '-' ? -ms : ms;
    };
    const step = 28 * DAY_MS;
    const last = Date.UTC(LAST_YEAR, 0, 1);
    let at = Date.UTC(FIRST_YEAR, 0, 1) - DAY_MS;
    let offset = offsetOf(at);
    this.#offsets.push(offset);
    while (at < last) {
      const next = at + step;
      const then = offsetOf(next);
      if (then !== offset) {
        let low = at;
        let high = next;
        while (high - low > 1000) {
          const middle = Math.floor((low + high) / 2000) * 1000;
          if (middle === low) break;
          if (offsetOf(middle) === offset) low = middle;
          else high = middle;
        }
        this.#since.push(high);
        this.#offsets.push(then);
        offset = then;
      }
      at = next;
    }
  }

  /** Local time minus UTC at an instant, in ms. */
  offset(at: number): number {
    return this.#offsets[this.#index(at)] as number;
  }

  #index(at: number): number {
    let low = 0;
    let high = this.#since.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#since[middle] as number) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * The instant of a local wall clock given as if it were UTC. A wall clock that occurs twice means the
   * first; one that is skipped means the instant that a clock which had not been put forward would show.
   */
  instant(localMs: number): number {
    const early = localMs - this.offset(localMs - DAY_MS);
    if (early + this.offset(early) === localMs) return early;
    const late = localMs - this.offset(localMs + DAY_MS);
    return late + this.offset(late) === localMs ? late : early;
  }

  wall(at: number): WallClock {
    const d = new Date(at + this.offset(at));
    return {
      year: d.getUTCFullYear(),
      month: d.getUTCMonth() + 1,
      day: d.getUTCDate(),
      hour: d.getUTCHours(),
      minute: d.getUTCMinutes(),
      second: d.getUTCSeconds(),
      weekday: ((d.getUTCDay() + 6) % 7) + 1,
    };
  }

  /** Start of the local period of that level which holds the instant. */
  startOf(level: Level, at: number): number {
    const i = this.#index(at);
    const local = at + (this.#offsets[i] as number);
    if (level === 'hour') {
      // A change of offset ends an hour: that keeps the two hours of a repeated wall clock apart, and cuts
      // the one hour a year of zones that move by half of one.
      return Math.max(at - modulo(local, HOUR_MS), this.#since[i] as number);
    }
    if (level === 'day') return this.instant(local - modulo(local, DAY_MS));
    const d = new Date(local);
    return this.instant(Date.UTC(d.getUTCFullYear(), level === 'month' ? d.getUTCMonth() : 0, 1));
  }

  /** Start of the period after the one that holds the instant. */
  next(level: Level, at: number): number {
    if (level === 'hour') {
      const i = this.#index(at);
      const end = at - modulo(at + (this.#offsets[i] as number), HOUR_MS) + HOUR_MS;
      return Math.min(end, this.#since[i + 1] ?? end);
    }
    const d = new Date(at + this.offset(at));
    const y = d.getUTCFullYear();
    const m = d.getUTCMonth();
    if (level === 'day') return this.instant(Date.UTC(y, m, d.getUTCDate() + 1));
    return this.instant(level === 'month' ? Date.UTC(y, m + 1, 1) : Date.UTC(y + 1, 0, 1));
  }

  /** Moves an instant by whole calendar units, keeping its wall clock; a 31st becomes the month's last day. */
  shift(at: number, unit: 'day' | 'month' | 'year', count: number): number {
    const local = at + this.offset(at);
    const d = new Date(local);
    const inDay = modulo(local, DAY_MS);
    if (unit === 'day') return this.instant(local + count * DAY_MS);
    const months = unit === 'month' ? count : count * 12;
    const first = new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months, 1));
    const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    const day = Math.min(d.getUTCDate(), lastDay);
    return this.instant(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), day) + inDay);
  }

  /** Every period of a level that overlaps [from, to). */
  periods(level: Level, from: number, to: number): Period[] {
    const out: Period[] = [];
    if (!(to > from)) return out;
    let start = this.startOf(level, from);
    while (start < to) {
      const end = this.next(level, start);
      out.push({ start, end });
      start = end;
    }
    return out;
  }

  /** ISO 8601 with the zone's offset, seconds always, milliseconds only where there are any. */
  iso(at: number): string {
    const offset = this.offset(at);
    const text = new Date(at + offset).toISOString();
    const body = at % 1000 === 0 ? text.slice(0, 19) : text.slice(0, 23);
    const minutes = Math.abs(Math.round(offset / 60_000));
    const sign = offset < 0 ? '-' : '+';
    return `${body}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }
}

const ISO =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?)?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/**
 * Reads a time as the contract allows it: ISO 8601 (without offset: the zone's wall clock; a date alone is
 * its first instant), `YYYYMMDDHHmmss`, epoch seconds or milliseconds as number or digits.
 * @returns epoch ms, or null when it is none of these.
 */
export function parseTime(input: unknown, zone: Zone): number | null {
  if (typeof input === 'number') return epoch(input);
  if (typeof input !== 'string') return null;
  if (input === zone.lastParsed.text) return zone.lastParsed.at;
  const at = parseText(input.trim(), zone);
  zone.lastParsed.text = input;
  zone.lastParsed.at = at;
  return at;
}

function parseText(text: string, zone: Zone): number | null {
  const compact = COMPACT.exec(text);
  if (compact) {
    const [, y, mo, d, h, mi, s] = compact.map(Number) as [number, ...number[]];
    return checked(zone, [y!, mo!, d!, h!, mi!, s!, 0], null);
  }
  const m = ISO.exec(text);
  if (m) {
    const fields = [m[1], m[2], m[3] ?? 1, m[4] ?? 0, m[5] ?? 0, m[6] ?? 0].map(Number);
    const millis = m[7] ? Math.floor(Number(`0.${m[7]}`) * 1000) : 0;
    return checked(zone, [...fields, millis], m[8] ?? null);
  }
  return /^\d+(\.\d+)?$/.test(text) ? epoch(Number(text)) : null;
}

/** Seconds and milliseconds are told apart by size: 1e11 s is the year 5138, 1e11 ms is 1973. */
function epoch(n: number): number | null {
  if (!Number.isFinite(n) || n <= 0) return null;
  const ms = Math.round(n < 1e11 ? n * 1000 : n);
  return ms < LAST_MS ? ms : null;
}

function checked(zone: Zone, f: number[], offset: string | null): number | null {
  const [y, mo, d, h, mi, s, ms] = f as [number, number, number, number, number, number, number];
  if (y < FIRST_YEAR || y >= LAST_YEAR || mo < 1 || mo > 12 || h > 24 || mi > 59 || s > 60) return null;
  if (d < 1 || d > new Date(Date.UTC(y, mo, 0)).getUTCDate()) return null;
  if (h === 24 && (mi > 0 || s > 0)) return null;
  const local = Date.UTC(y, mo - 1, d, h, mi, s, ms);
  if (offset === null) return zone.instant(local);
  if (offset === 'Z' || offset === 'z') return local;
  const hours = Number(offset.slice(1, 3));
  const rest = Number(offset.slice(3).replace(':', '') || 0);
  // No place is further from UTC than 14 hours.
  if (hours > 14 || rest > 59) return null;
  const minutes = hours * 60 + rest;
  return local - (offset[0] === '-' ? -minutes : minutes) * 60_000;
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
