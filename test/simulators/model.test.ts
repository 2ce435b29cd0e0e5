import { describe, expect, it } from 'vitest';
import { Zone } from '../../server/domain/time.ts';
import { demoEstate, pointsOf } from '../../simulators/estate.ts';
import { dayOf } from '../../simulators/model/calendar.ts';
import { LoadModel, ORIGIN } from '../../simulators/model/model.ts';
import { outdoorTemperature } from '../../simulators/model/weather.ts';

const zone = new Zone('Asia/Shanghai');
const points = pointsOf(demoEstate());
const index = (id: string): number => points.findIndex((p) => p.id === id);
const instant = (text: string): number => Date.parse(`${text}+08:00`);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Quantity of a meter in [from, to), in its unit. */
function quantities(from: number, to: number, seed = 1): (id: string) => number {
  const model = new LoadModel(points, seed, zone);
  model.advance(from);
  const before = points.map((_, i) => model.total(i));
  model.advance(to);
  return (id) => model.total(index(id)) - before[index(id)]!;
}

function day(date: string): (id: string) => number {
  const from = instant(`${date}T00:00:00`);
  return quantities(from, from + DAY);
}

describe('the load model', () => {
  it('shows the same registers however it gets to an instant', () => {
    const at = instant('2024-05-13T11:37:21');
    const inOneStep = new LoadModel(points, 3, zone);
    inOneStep.advance(at);
    const inMany = new LoadModel(points, 3, zone);
    for (let t = ORIGIN; t < at; t += 7 * 60_000) inMany.advance(t);
    inMany.advance(at);
    const other = new LoadModel(points, 4, zone);
    other.advance(at);
    const values = points.map((_, i) => inOneStep.value(i));
    expect(points.map((_, i) => inMany.value(i))).toEqual(values);
    expect(points.map((_, i) => other.value(i))).not.toEqual(values);
  });

  it('does not depend on which other meters there are', () => {
    const alone = points.filter((p) => p.id === 'gov-f3-light').map((p) => ({ ...p, parent: null }));
    const at = instant('2024-03-01T09:00:00');
    const [small, whole] = [new LoadModel(alone, 1, zone), new LoadModel(points, 1, zone)];
    small.advance(at);
    whole.advance(at);
    expect(small.value(0)).toBe(whole.value(index('gov-f3-light')));
  });

  it('goes on with the load when a device is exchanged, and shows what the new one has counted', () => {
    const at = instant('2024-03-01T09:07:00');
    const plain = points.filter((p) => p.id === 'gov-f3-light').map((p) => ({ ...p, parent: null }));
    const exchanged = plain.map((p) => ({ ...p, exchanges: [{ at, initial: 5000 }] }));
    const [one, other] = [new LoadModel(plain, 1, zone), new LoadModel(exchanged, 1, zone)];
    one.advance(at - 1);
    other.advance(at - 1);
    expect(other.value(0)).toBe(one.value(0));
    one.advance(at);
    const before = one.total(0);
    one.advance(at + DAY);
    other.advance(at + DAY);
    expect(other.total(0)).toBe(one.total(0));
    const { multiplier } = plain[0]!;
    expect(other.value(0)).toBe(Math.floor((5000 + (one.total(0) - before) / multiplier) * 100) / 100);
  });

  it('refuses to go back and says where it stands', () => {
    const model = new LoadModel(points, 1, zone);
    model.advance(instant('2024-02-01T00:00:00'));
    expect(() => model.advance(instant('2024-01-31T00:00:00'))).toThrow(
      'stands at 2024-02-01T00:00:00+08:00 and cannot go back to 2024-01-31T00:00:00+08:00',
    );
  });

  it('makes a main of its sub-meters and a rest of a few per cent', () => {
    const of = quantities(instant('2024-07-01T00:00:00'), instant('2024-07-15T00:00:00'));
    const mains = points.filter((p) => points.some((sub) => sub.parent === p.id));
    expect(mains.length).toBeGreaterThan(10);
    for (const main of mains) {
      const subs = points.filter((p) => p.parent === main.id).reduce((sum, p) => sum + of(p.id), 0);
      expect(of(main.id), main.id).toBeCloseTo(subs * (1 + main.rest), 4);
      expect(main.rest).toBeLessThanOrEqual(0.05);
    }
  });

  it('advances a register by the quantity, to the last digit shown, and passes the end of its display', () => {
    const i = index('park-light');
    const point = points[i]!;
    const model = new LoadModel(points, 1, zone);
    let last = model.value(i);
    let advance = 0;
    let turns = 0;
    for (let at = ORIGIN; at <= ORIGIN + 700 * DAY; at += 6 * HOUR) {
      model.advance(at);
      const now = model.value(i);
      if (now < last) turns++;
      advance += now - last + (now < last ? point.rolloverAt! : 0);
      expect(now).toBeGreaterThanOrEqual(0);
      expect(now).toBeLessThan(point.rolloverAt!);
      expect(Math.abs(now * 100 - Math.round(now * 100))).toBeLessThan(1e-6);
      last = now;
    }
    // About 115,000 kWh a year on a display of 100,000.
    expect(turns).toBeGreaterThanOrEqual(1);
    expect(Math.abs(advance * point.multiplier - model.total(i))).toBeLessThan(0.011 * point.multiplier);
  });

  it('never turns a register back otherwise', () => {
    const model = new LoadModel(points, 1, zone);
    model.advance(instant('2024-01-10T08:59:50'));
    let last = points.map((_, i) => model.value(i));
    for (let at = instant('2024-01-10T09:00:00'); at < instant('2024-01-10T11:00:00'); at += 5000) {
      model.advance(at);
      const now = points.map((_, i) => model.value(i));
      points.forEach((p, i) => {
        if (p.register === 'cumulative' && last[i]! - now[i]! < p.rolloverAt! / 2) {
          expect(now[i]!, p.id).toBeGreaterThanOrEqual(last[i]!);
        }
      });
      last = now;
    }
  });

  it('knows weekends, public holidays and 调休 working days', () => {
    const of = (date: string) => dayOf(Date.parse(`${date}T12:00:00Z`));
    // National Day 2026 is off from Thursday 1 to Wednesday 7 October; Saturday the 10th makes up for it.
    expect(of('2026-10-01')).toMatchObject({ workday: false, holiday: true, weekday: 4 });
    expect(of('2026-10-10')).toMatchObject({ workday: true, holiday: false, weekday: 6 });
    expect(of('2026-10-17')).toMatchObject({ workday: false, holiday: false, weekday: 6 });
    expect(of('2026-10-15')).toMatchObject({ workday: true, holiday: false, weekday: 4 });
    // Before a year's list is published its fixed holidays are known all the same.
    expect(of('2099-10-01')).toMatchObject({ workday: false, holiday: true });

    const [working, madeUp, weekend, holiday] = [
      day('2026-10-15'),
      day('2026-10-10'),
      day('2026-10-17'),
      day('2026-10-02'),
    ];
    const light = 'gov-f3-light';
    expect(madeUp(light) / working(light)).toBeGreaterThan(0.8);
    expect(weekend(light) / working(light)).toBeLessThan(0.4);
    expect(holiday(light) / working(light)).toBeLessThan(0.4);
    // The culture centre is fuller on a holiday.
    expect(holiday('cul-library-light') / working('cul-library-light')).toBeGreaterThan(1.2);
    // A machine room knows no holidays.
    expect(holiday('gov-it-ups') / working('gov-it-ups')).toBeCloseTo(1, 1);
  });

  it('cools in summer, heats in winter, and does neither in May', () => {
    const [summer, winter, may] = [day('2025-07-23'), day('2026-01-14'), day('2025-05-07')];
    expect(summer('gov-chiller-1')).toBeGreaterThan(8 * may('gov-chiller-1'));
    expect(winter('gov-chiller-1')).toBe(0);
    expect(winter('gov-h-main')).toBeGreaterThan(50);
    expect(summer('gov-h-main')).toBe(0);
    expect(may('gov-h-main')).toBe(0);
    expect(winter('gov-boiler-g')).toBeGreaterThan(1.3 * summer('gov-boiler-g'));
  });

  it('lets water run by night while a valve leaks', () => {
    const night = (date: string) => {
      const from = instant(`${date}T01:00:00`);
      return quantities(from, from + 4 * HOUR);
    };
    const [sound, leaking] = [night('2026-06-10'), night('2026-10-14')];
    // 0.85 m³/h × 4 h, less the saving of three years and give or take the noise.
    expect(leaking('cul-toilet-w')).toBeGreaterThan(2);
    expect(sound('cul-toilet-w')).toBeLessThan(1);
    expect(leaking('gov-public-w')).toBeLessThan(1);
    // It shows at the inlet of the building.
    expect(leaking('cul-w-main') - sound('cul-w-main')).toBeGreaterThan(1.5);
  });

  it('has a weather year of hot summers and cold winters', () => {
    const month = (m: number) => {
      const first = Date.UTC(2025, m - 1, 1);
      const values = Array.from({ length: 28 * 24 }, (_, h) => outdoorTemperature(1, first + h * HOUR));
      return values.reduce((sum, v) => sum + v, 0) / values.length;
    };
    expect(month(1)).toBeGreaterThan(0);
    expect(month(1)).toBeLessThan(8);
    expect(month(7)).toBeGreaterThan(26);
    expect(month(7)).toBeLessThan(32);
    const noon = Date.UTC(2025, 6, 15, 14);
    expect(outdoorTemperature(1, noon)).toBeGreaterThan(outdoorTemperature(1, noon - 10 * HOUR));
  });
});
