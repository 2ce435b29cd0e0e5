import { expect, test } from 'vitest';
import type { Day } from '../../server/domain/day-model.ts';
import { forecastOf } from '../../server/domain/forecast.ts';
import { DAY_MS } from '../../server/domain/time.ts';
import { at, simulatedDays, total, zone } from './simulated-days.ts';

/** Of the demo estate, up to the end of the year that is forecast: 25 months, or three years. */
const FROM = at('2024-12-01');
const FROM_LONG = at('2024-01-01');
const TO = at('2027-01-01');
const ELECTRICITY = ['gov-main', 'cul-main', 'archive-main', 'park-main', 'square-main'];
const OTHERS = [
  'gov-w-main',
  'cul-w-main',
  'square-w-main',
  'gov-g-main',
  'cul-g-main',
  'gov-h-main',
  'cul-h-main',
];
const CUTS = ['2026-02-01', '2026-05-01', '2026-08-01', '2026-11-01'];

interface Errors {
  model: number;
  lastYear: number;
  line: number;
  within: number;
  told: number;
}

/** Mean errors of the year's end as shares of the year, over the cut dates. */
function errorsOf(days: readonly Day[]): Errors {
  const sums: Errors = { model: 0, lastYear: 0, line: 0, within: 0, told: 0 };
  const indexOf = (date: string): number => (at(date) + zone.offset(at(date))) / DAY_MS;
  const first = (days[0] as Day).index;
  const year = days.slice(indexOf('2026-01-01') - first);
  for (const cut of CUTS) {
    const n = indexOf(cut) - first;
    const history = days.slice(0, n);
    const coming = days.slice(n);
    // What is to come is not known: neither its quantity nor its weather.
    const blind = coming.map((d) => ({ ...d, quantity: null, temperature: null, learnable: false }));
    const forecast = forecastOf(history, blind);
    if (forecast?.kind !== 'model') throw new Error(`no model at ${cut}`);
    const came = total(coming);
    const soFar = history.slice(indexOf('2026-01-01') - first);
    const asLastYear = total(days.slice(n - 365, n - 365 + coming.length));
    const asSoFar = (total(soFar) / soFar.length) * coming.length;
    const share = (rest: number): number => Math.abs(rest - came) / total(year) / CUTS.length;
    sums.model += share(forecast.rest);
    sums.lastYear += share(asLastYear);
    sums.line += share(asSoFar);
    if (forecast.margin === null) continue;
    sums.told++;
    if (Math.abs(forecast.rest - came) <= forecast.margin) sums.within++;
  }
  return sums;
}

const percent = (n: number): string => `${(100 * n).toFixed(2)} %`.padStart(9);

test('a year’s end is forecast better than by last year and than by a straight line', {
  timeout: 120_000,
}, () => {
  const table: string[] = [];
  const all: Errors[] = [];
  for (const seed of [1, 2]) {
    const meters = [...ELECTRICITY, ...OTHERS];
    const found = simulatedDays(seed, meters, FROM, TO).map(errorsOf);
    meters.forEach((id, i) => {
      const e = found[i] as Errors;
      const cells = [e.model, e.lastYear, e.line].map(percent).join('');
      table.push(`${seed} ${id.padEnd(14)}${cells}   ${e.within} of ${e.told}`);
    });
    const mean = (of: keyof Errors, n: number): number =>
      found.slice(0, n).reduce((sum, e) => sum + e[of], 0) / n;
    for (const n of [ELECTRICITY.length, meters.length]) {
      expect(mean('model', n), table.join('\n')).toBeLessThan(mean('lastYear', n));
      expect(mean('model', n), table.join('\n')).toBeLessThan(mean('line', n));
    }
    // The estate as it is shown: each building by itself.
    if (seed === 1) {
      for (const e of found.slice(0, ELECTRICITY.length)) {
        expect(e.model, table.join('\n')).toBeLessThan(e.lastYear);
        expect(e.model, table.join('\n')).toBeLessThan(e.line);
      }
    }
    all.push(...found);
  }
  process.stdout.write(
    `seed meter   error: forecast, as last year, straight line; within the interval\n${table.join('\n')}\n`,
  );
  const told = all.reduce((sum, e) => sum + e.told, 0);
  const within = all.reduce((sum, e) => sum + e.within, 0);
  process.stdout.write(`within the interval of 80 of 100: ${within} of ${told}\n`);
  expect(told).toBeGreaterThan(80);
  expect(within / told).toBeGreaterThan(0.65);
});

test('with three years no single meter is forecast worse than by last year, beyond what chance does', {
  timeout: 120_000,
}, () => {
  const meters = [...ELECTRICITY, ...OTHERS];
  const seeds = [1, 2, 3].map((seed) => simulatedDays(seed, meters, FROM_LONG, TO).map(errorsOf));
  const table = meters.map((id, i) => {
    const mean = (of: 'model' | 'lastYear' | 'line'): number =>
      seeds.reduce((sum, found) => sum + (found[i] as Errors)[of], 0) / seeds.length;
    const [model, lastYear, line] = [mean('model'), mean('lastYear'), mean('line')];
    return { id, model, lastYear, line };
  });
  const text = table.map((t) => `${t.id.padEnd(14)}${[t.model, t.lastYear, t.line].map(percent).join('')}`);
  process.stdout.write(`three years     error: forecast, as last year, straight line\n${text.join('\n')}\n`);
  // A year of the same weather is a matter of chance: heat and a sprinkled lawn differ by some per cent each year.
  for (const t of table) {
    expect(t.model, text.join('\n')).toBeLessThan(t.lastYear + Math.max(0.002, 0.2 * t.lastYear));
    expect(t.model, text.join('\n')).toBeLessThan(t.line + 0.002);
  }
  const sum = (of: 'model' | 'lastYear'): number => table.reduce((a, t) => a + t[of], 0);
  expect(sum('model')).toBeLessThan(0.7 * sum('lastYear'));
});
