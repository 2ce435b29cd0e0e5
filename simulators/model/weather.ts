import { DAY_MS } from '../../server/domain/time.ts';
import { drift } from './noise.ts';

/**
 * The weather of a town with hot summers and cold winters (夏热冬冷) near 31° N: January near 4 °C, July near
 * 29 °C on average, with spells of some days and of some weeks, and a daily swing that clouds damp.
 */
const YEAR_DAYS = 365.2425;
const STREAM = { spell: 1, fortnight: 2, cloud: 3, gust: 4 } as const;

/** Outdoor temperature in °C; `local` is the wall clock as if it were UTC, ms. */
export function outdoorTemperature(seed: number, local: number): number {
  const days = local / DAY_MS;
  const hour = (days - Math.floor(days)) * 24;
  const swing = 3.6 + 1.6 * drift(seed, STREAM.cloud, days / 1.5);
  return (
    dailyMean(seed, local) +
    swing * Math.cos(((hour - 14.5) / 24) * 2 * Math.PI) +
    0.3 * drift(seed, STREAM.gust, days * 24)
  );
}

/** The same without its daily swing: what walls and floors have taken on. */
export function dailyMean(seed: number, local: number): number {
  const days = local / DAY_MS;
  const season = 16.6 - 12.4 * Math.cos(((days - 22) / YEAR_DAYS) * 2 * Math.PI);
  return (
    season + 3.4 * drift(seed, STREAM.spell, days / 3.2) + 1.2 * drift(seed, STREAM.fortnight, days / 13)
  );
}

/** Hours of sunrise and sunset (0–24) near 31° N on a day of the year. */
export function daylight(dayOfYear: number): { rise: number; set: number } {
  const half = (12.1 - 2.05 * Math.cos(((dayOfYear + 10) / YEAR_DAYS) * 2 * Math.PI)) / 2;
  return { rise: 12 - half, set: 12 + half };
}
