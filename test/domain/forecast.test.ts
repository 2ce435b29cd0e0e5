import { expect, test } from 'vitest';
import { backtestOf } from '../../server/domain/backtest.ts';
import { fitDays } from '../../server/domain/day-fit.ts';
import { type Day, explain } from '../../server/domain/day-model.ts';
import { asLastYear, byModel, together, usualDegrees } from '../../server/domain/expected-days.ts';
import { forecastOf } from '../../server/domain/forecast.ts';
import { leastSquares } from '../../server/domain/least-squares.ts';

const FIRST = Date.UTC(2025, 0, 1) / 86_400_000;

/** A made-up office: 100 on working days, 40 less on days off, 6 per degree-day below 16 °C and 3 above 22 °C. */
function office(from: number, count: number, quantityOf?: (day: Day) => number | null): Day[] {
  return Array.from({ length: count }, (_, i) => {
    const index = from + i;
    const at = new Date(index * 86_400_000);
    const ofYear = index - Date.UTC(at.getUTCFullYear(), 0, 1) / 86_400_000;
    const weekday = ((at.getUTCDay() + 6) % 7) + 1;
    const working = weekday <= 5;
    // A year between 2 and 30 °C, with a swing of 11 days.
    const temperature = 16 - 14 * Math.cos((2 * Math.PI * (ofYear - 20)) / 365) + 3 * Math.sin(index / 1.75);
    const need = 6 * Math.max(0, 16 - temperature) + 3 * Math.max(0, temperature - 22);
    const day: Day = { index, ofYear, weekday, working, temperature, quantity: null, learnable: true };
    return { ...day, quantity: quantityOf ? quantityOf(day) : 100 - (working ? 0 : 40) + need };
  });
}
const blind = (days: readonly Day[]): Day[] => days.map((d) => ({ ...d, quantity: null, temperature: null }));
const sum = (days: readonly Day[]): number => days.reduce((a, d) => a + (d.quantity ?? 0), 0);

test('least squares finds the line that three points lie on, and the best one through four', () => {
  const rows = (xs: number[]) => xs.map((x) => Float64Array.of(1, x));
  // y = 2 + 3x
  const [a, b] = leastSquares(rows([0, 1, 2]), [2, 5, 8], [0, 0]) as Float64Array;
  expect([a, b].map((n) => n?.toFixed(6))).toEqual(['2.000000', '3.000000']);
  // x̄ = 1.5, ȳ = 2.5; slope = Σ(x−x̄)(y−ȳ) / Σ(x−x̄)² = (1.5×1.5 + 0.5×0.5 + 0.5×1.5 + 1.5×0.5) / 5 = 0.8
  const [c, d] = leastSquares(rows([0, 1, 2, 3]), [1, 2, 4, 3], [0, 0]) as Float64Array;
  expect([c, d].map((n) => n?.toFixed(6))).toEqual(['1.300000', '0.800000']);
  // Pulled to nothing by a penalty that is far above all there is to learn.
  const [, e] = leastSquares(rows([0, 1, 2, 3]), [1, 2, 4, 3], [0, 1e12]) as Float64Array;
  expect(Math.abs(e as number)).toBeLessThan(1e-9);
  expect(leastSquares(rows([0]), [1], [0, 0])).toBeNull();
  // Two columns that say the same have an answer too.
  expect(
    leastSquares(
      [1, 2, 3].map((x) => Float64Array.of(x, x)),
      [2, 4, 6],
      [0, 0],
    ),
  ).not.toBeNull();
});

test('the model finds what the days were made of', () => {
  const model = fitDays(office(FIRST, 730));
  if (!model) throw new Error('no model');
  const said = explain(model);
  expect(model.bases).toMatchObject({ heating: 16, cooling: 22, heatingSeason: false });
  expect(said.workingDay).toBeCloseTo(100, 1);
  expect(said.dayOff).toBeCloseTo(60, 1);
  expect(said.perHeating).toBeCloseTo(6, 1);
  expect(said.perCooling).toBeCloseTo(3, 1);
  expect(Math.abs(said.trendPerYear)).toBeLessThan(0.001);
  expect(model.cvDay).toBeLessThan(0.001);
});

test('public heat counts from 15 November to 15 March', () => {
  const heated = office(FIRST, 730, (d) => {
    const season = d.ofYear >= 318 || d.ofYear < 74;
    return season ? 5 * Math.max(0, 18 - (d.temperature ?? 0)) : 0;
  });
  expect(fitDays(heated)?.bases).toMatchObject({ heating: 18, heatingSeason: true });
});

test('without temperatures the season alone tells, and less well', () => {
  const cold = fitDays(office(FIRST, 730).map((d) => ({ ...d, temperature: null })));
  expect(cold?.bases).toEqual({ heating: null, cooling: null, heatingSeason: false });
  expect(cold?.cvDay).toBeGreaterThan(fitDays(office(FIRST, 730))?.cvDay ?? 1);
});

test('eleven months of days are refused: a straight line stands there, with no interval', () => {
  const history = office(FIRST, 330);
  const coming = blind(office(FIRST + 330, 35));
  const forecast = forecastOf(history, coming);
  const mean = sum(history) / 330;
  expect(forecast).toMatchObject({ kind: 'straight_line', margin: null, model: null, backtest: null });
  expect(forecast?.rest).toBeCloseTo(mean * 35, 6);
  expect(forecastOf(blind(history), coming)).toBeNull();
  // A year of which every tenth day is known is no year.
  const sparse = office(FIRST, 400).map((d, i) => (i % 10 === 0 ? d : { ...d, quantity: null }));
  expect(forecastOf(sparse, coming)?.kind).toBe('straight_line');
});

test('with a year and no more there is a forecast, but nothing to try it on', () => {
  const forecast = forecastOf(office(FIRST, 380), blind(office(FIRST + 380, 30)));
  expect(forecast).toMatchObject({ kind: 'model', margin: null, backtest: null });
});

test('a forecast meets what comes, its interval holds it, and beats the plain ways', () => {
  // A twentieth less each year, and some weeks that are unlike others, not the same ones each time.
  const made = (phase: number): Day[] =>
    office(FIRST, 730, (d) => {
      const need = 6 * Math.max(0, 16 - (d.temperature ?? 0)) + 3 * Math.max(0, (d.temperature ?? 0) - 22);
      const level = 0.95 ** ((d.index - FIRST) / 365) * (1 + 0.03 * Math.sin(d.index / 9 + phase));
      return (100 - (d.working ? 0 : 40) + need) * level;
    });
  let within = 0;
  const phases = [0, 1, 2, 3, 4, 5];
  for (const phase of phases) {
    const days = made(phase);
    const came = days.slice(640);
    const forecast = forecastOf(days.slice(0, 640), blind(came));
    if (!forecast?.backtest || forecast.margin === null) throw new Error('no interval');
    if (Math.abs(forecast.rest - sum(came)) < forecast.margin) within++;
    expect(forecast.rest / sum(came)).toBeCloseTo(1, 1);
    const { mape, mapeLastYear, mapeStraightLine, cuts, horizonDays } = forecast.backtest;
    expect(horizonDays).toBe(90);
    expect(cuts.length).toBeGreaterThan(3);
    expect(mape).toBeLessThan(mapeLastYear);
    expect(mape).toBeLessThan(mapeStraightLine);
  }
  // 80 of 100 of them.
  expect(within / phases.length).toBeGreaterThan(0.6);
});

test('weeks that come back each year are told by last year, and the forecast learns that from its past', () => {
  // Every September somebody needs as much again: neither season nor weather can know of it.
  const fair = (d: Day) => (d.ofYear >= 245 && d.ofYear < 275 ? 100 : 0);
  const days = office(FIRST, 1095, (d) => 100 - (d.working ? 0 : 40) + fair(d));
  const [history, came] = [days.slice(0, 960), days.slice(960)];
  const forecast = forecastOf(history, blind(came));
  const fit = fitDays(history);
  if (!forecast?.backtest || !fit) throw new Error('no back-test');
  // As last year would be right each time, and the model be wrong: what is left of it is what is believed before.
  expect(forecast.backtest.modelShare).toBeGreaterThan(0);
  expect(forecast.backtest.modelShare).toBeLessThan(0.5);
  const alone = byModel(fit, history, blind(came)).reduce((a, b) => a + b, 0);
  expect(Math.abs(forecast.rest - sum(came))).toBeLessThan(0.5 * Math.abs(alone - sum(came)));
  expect(forecast.backtest.mape).toBeGreaterThan(0);
});

test('where only some meters are known of a year before, the model stands alone', () => {
  const history = office(FIRST, 700);
  expect(asLastYear(history, 700)).toBe(history[336]?.quantity);
  const partly = history.map((d, i) => (i === 336 ? { ...d, learnable: false } : d));
  expect(asLastYear(partly, 700)).toBe(history[335]?.quantity);
  expect(asLastYear(blind(history), 700)).toBeNull();
  // 0.25 × 8 + 0.75 × 12
  expect([together(8, 12, 0.25), together(8, null, 0.25)]).toEqual([11, 8]);
});

test('a back-test is the forecast as it would have been made at its cut', () => {
  // 366 days before and 28 days after: one cut alone.
  const wobbly = office(FIRST, 394, (d) => 100 - (d.working ? 0 : 40) + 7 * Math.sin(d.index / 5));
  const tried = backtestOf(wobbly, 28);
  expect(tried?.cuts).toEqual([FIRST + 366]);
  const then = forecastOf(wobbly.slice(0, 366), blind(wobbly.slice(366)));
  const came = sum(wobbly.slice(366));
  // The year is that of the 365 days that end with those forecast.
  expect(tried?.mape).toBeCloseTo(Math.abs((then?.rest ?? 0) - came) / sum(wobbly.slice(-365)), 12);
  // 52 weeks before, so that a Monday stands for a Monday.
  const asLastYear = sum(wobbly.slice(2, 30));
  expect(tried?.mapeLastYear).toBeCloseTo(Math.abs(asLastYear - came) / sum(wobbly.slice(-365)), 12);
  expect(backtestOf(office(FIRST, 393), 60)).toBeNull();
});

test('usual weather is the mean of the past years around a day', () => {
  const bases = { heating: 18, cooling: null, heatingSeason: false };
  // 8 °C in the first January, 12 °C in the second: 10 and 6 degree-days, 8 on average.
  const days = office(FIRST, 730).map((d) => ({ ...d, temperature: d.index < FIRST + 365 ? 8 : 12 }));
  expect(usualDegrees({ bases }, days)(100)).toEqual({ heating: 8, cooling: 0 });
  const season = usualDegrees({ bases: { ...bases, heatingSeason: true } }, days);
  expect([season(100).heating, season(20).heating]).toEqual([0, 8]);
});
