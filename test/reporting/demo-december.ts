import { HOUR_MS, Zone } from '../../server/domain/time.ts';
import type { RollupWrite } from '../../server/timeseries/port.ts';
import { setDemoStandards } from '../../simulators/demo-estate/standards.ts';
import { setDemoTargets } from '../../simulators/demo-estate/targets.ts';
import { demoEstate, pointsOf } from '../../simulators/estate.ts';
import { LoadModel } from '../../simulators/model/model.ts';
import { outdoorTemperature } from '../../simulators/model/weather.ts';
import { type Rig, rig } from '../http/rig.ts';

const SEED = 7;
const zone = new Zone('Asia/Shanghai');
const at = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);
const FROM = at('2024-11-01');
const TO = at('2027-01-01');
/** Months that are known by the hour; the others by the day. */
const HOURLY = [at('2025-12-01'), at('2026-12-01')];
/** A main of water that was silent for the first ten days of December. */
const SILENT = { meter: 'cul-w-main', from: at('2026-12-01'), to: at('2026-12-11') };

/**
 * The demo estate in January 2027 with two years and two months behind it, written as the ledger would; with
 * its quotas, settings and targets.
 */
export async function demoDecember(): Promise<Rig> {
  const file = demoEstate();
  const points = pointsOf(file);
  // Targets were set a year ago.
  const r = await rig(file, {}, '2026-01-05T10:00:00+08:00');
  const model = new LoadModel(points, SEED, zone);
  const counted = points.flatMap((p, i) => {
    const meter = r.deps.estate().meter(p.id);
    return meter && p.register !== 'gauge' ? [{ i, no: meter.no, id: p.id }] : [];
  });
  const gauge = r.deps.estate().meters.find((m) => m.carrier === 'outdoor_temperature');
  const hours: RollupWrite[] = [];
  const days: RollupWrite[] = [];
  const months = new Map<string, RollupWrite>();
  const row = { recovered: 0, estimated: 0, isNew: true };
  const add = (no: number, start: number, end: number, measured: number): void => {
    const whole = { ...row, meter: no, start, measured, coveredMs: end - start };
    days.push(whole);
    const month = zone.startOf('month', start);
    const key = `${no} ${month}`;
    const known = months.get(key) ?? { ...whole, start: month, measured: 0, coveredMs: 0 };
    months.set(key, {
      ...known,
      measured: known.measured + measured,
      coveredMs: known.coveredMs + whole.coveredMs,
    });
  };
  model.advance(FROM);
  let before = counted.map(({ i }) => model.total(i));
  for (let start = FROM; start < TO; start = zone.next('day', start)) {
    const end = zone.next('day', start);
    const byHour = HOURLY.includes(zone.startOf('month', start));
    const sums = counted.map(() => 0);
    for (let hour = byHour ? start : end - HOUR_MS; hour < end; hour += HOUR_MS) {
      model.advance(hour + HOUR_MS);
      const now = counted.map(({ i }) => model.total(i));
      counted.forEach(({ no, id }, n) => {
        if (id === SILENT.meter && start >= SILENT.from && start < SILENT.to) return;
        const measured = Math.round(((now[n] as number) - (before[n] as number)) * 1e6);
        sums[n] = (sums[n] as number) + measured;
        if (byHour) hours.push({ ...row, meter: no, start: hour, measured, coveredMs: HOUR_MS });
      });
      before = now;
    }
    counted.forEach(({ no, id }, n) => {
      if (id === SILENT.meter && start >= SILENT.from && start < SILENT.to) return;
      add(no, start, end, sums[n] as number);
    });
    if (!gauge) continue;
    let degrees = 0;
    for (let h = 0; h < 24; h++) {
      degrees += outdoorTemperature(SEED, start + zone.offset(start) + h * HOUR_MS);
    }
    add(gauge.no, start, end, Math.round(degrees * 1e6));
  }
  await r.deps.timeseries.write({ cursor: 0, readings: [], hours, days, months: [...months.values()] });
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    const response = await r.app.request(path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  await setDemoStandards(ask);
  await setDemoTargets(ask, r.deps.now());
  r.clock('2027-01-06T10:00:00+08:00');
  return r;
}
