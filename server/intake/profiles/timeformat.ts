import { parseTime, type Zone } from '../../domain/time.ts';
import { numeric } from '../checks.ts';

/** @returns epoch ms, or null when the value is no time of that format. */
export type TimeReader = (value: unknown, zone: Zone) => number | null;

const PER_MS: Readonly<Record<string, number>> = { seconds: 0.001, milliseconds: 1, microseconds: 1000 };
const TOKENS = ['YYYY', 'YY', 'MM', 'DD', 'HH', 'mm', 'ss'] as const;

/**
 * A reader for `auto`, `seconds`, `milliseconds`, `microseconds`, or a pattern of YYYY or YY, MM, DD, HH, mm,
 * ss and any separators, every field with all its digits, read as the estate's wall clock.
 * @throws Error when the format is none of these.
 */
export function parseTimeFormat(format: string): TimeReader {
  if (format === 'auto') return parseTime;
  const perMs = PER_MS[format];
  if (perMs !== undefined) {
    return (value, zone) => {
      const ms = numeric(value) / perMs;
      // Through parseTime's own bounds, as milliseconds where they can be told from seconds.
      return Number.isFinite(ms) && ms >= 1e11 ? parseTime(Math.round(ms), zone) : null;
    };
  }
  const places = new Map<string, number>();
  for (let i = 0; i < format.length; ) {
    const token = TOKENS.find((t) => format.startsWith(t, i));
    if (token && places.has(token)) throw new Error(`${token} stands twice`);
    if (token) places.set(token, i);
    i += token?.length ?? 1;
  }
  const year = places.get('YYYY') ?? places.get('YY');
  if (year === undefined || !places.has('MM') || !places.has('DD')) {
    throw new Error('auto, seconds, milliseconds, microseconds, or a pattern with YYYY, MM and DD is wanted');
  }
  const wide = places.has('YYYY');
  return (value, zone) => {
    if (typeof value !== 'string' && typeof value !== 'number') return null;
    const text = String(value).trim();
    if (text.length !== format.length) return null;
    const two = (token: string): string => {
      const at = places.get(token);
      return at === undefined ? '00' : text.slice(at, at + 2);
    };
    const y = wide ? text.slice(year, year + 4) : `20${text.slice(year, year + 2)}`;
    return parseTime(`${y}-${two('MM')}-${two('DD')}T${two('HH')}:${two('mm')}:${two('ss')}`, zone);
  };
}
