import { describe, expect, test } from 'vitest';
import { BUILTIN_QUOTAS } from '../../server/domain/builtin-quotas.ts';
import type { Quota } from '../../server/domain/quota.ts';
import { type Ground, standingOf, type Used, verdictOf } from '../../server/domain/standing.ts';

function row(id: string): Quota {
  return BUILTIN_QUOTAS.find((q) => q.id === id) as Quota;
}
function used(
  carrier: Used['carrier'],
  amount: number,
  unit: string,
  kgce: number | null,
  what: string | null = null,
): Used {
  return { what, carrier, amount, unit, kgce };
}
const kwh = (amount: number, what?: string): Used => used('electricity', amount, 'kWh', 0.31, what);
const gas = (amount: number, what?: string): Used => used('gas', amount, 'm³', 1.2143, what);
const petrol = used('gasoline', 10_000, 'L', 1.074, null);
const heat = used('heat', 3000, 'GJ', 34.12, null);

/** A city's organ in Yantai with district heating, a machine room of 200 m² and a kitchen of 300 m². */
const CITY_ORGAN: Ground = {
  used: [kwh(600_000), gas(20_000), heat, petrol, used('water', 7800, 'm³', null)],
  heating: [heat, kwh(15_000, 'pump')],
  transport: [petrol],
  apart: [kwh(80_000, 'machine_room'), gas(18_000, 'kitchen')],
  apartArea: [
    { what: 'machine_room', m2: 200 },
    { what: 'special', m2: 300 },
  ],
  floorAreaM2: 12_000,
  heatedAreaM2: 9000,
  people: 300,
  useHours: null,
  projected: null,
  machineRoom: { total: 80_000, it: 50_000 },
};
/** 600,000 × 0.31 + 20,000 × 1.2143 + 3,000 × 34.12 + 10,000 × 1.074 kgce */
const ENERGY = 186_000 + 24_286 + 102_360 + 10_740;

describe('an organ of a city in zone A', () => {
  test('non-heating energy per m²: heating, vehicles, machine room and kitchen are not in it, nor their area', () => {
    const s = standingOf(row('db37-2672.1.city-a'), CITY_ORGAN);
    const heating = 102_360 + 15_000 * 0.31;
    const apart = 80_000 * 0.31 + 18_000 * 1.2143;
    const energy = ENERGY - heating - 10_740 - apart;
    expect(energy).toBeCloseTo(158_978.6, 6);
    // 158,978.6 kgce / 11,500 m² = 13.824 kgce/m²: between 7.2 and 14.9
    expect(s.value).toBeCloseTo(158_978.6 / (12_000 - 200 - 300), 9);
    expect(s.verdict).toBe('within_base');
    expect(s.way).toBeCloseTo((158_978.6 / 11_500 - 7.2) / (21.9 - 7.2), 9);
    // 21.9 × 11,500 = 251,850 kgce would be allowed, 7.2 × 11,500 = 82,800 is the leading value.
    expect(s.excess.constraint).toBeCloseTo(158_978.6 - 251_850, 6);
    expect(s.excess.leading).toBeCloseTo(158_978.6 - 82_800, 6);
    expect(s.excessUnit).toBe('kgce');
    expect(s.lacks).toEqual([]);
    expect(s.notes).toEqual([]);
    expect(s.steps.map((l) => [l.step, l.what, l.amount, l.times, Number(l.result.toFixed(6))])).toEqual([
      ['used', null, 600_000, 0.31, 186_000],
      ['used', null, 20_000, 1.2143, 24_286],
      ['used', null, 3000, 34.12, 102_360],
      ['used', null, 10_000, 1.074, 10_740],
      ['heating', null, 3000, 34.12, -102_360],
      ['heating', 'pump', 15_000, 0.31, -4650],
      ['transport', null, 10_000, 1.074, -10_740],
      ['apart', 'machine_room', 80_000, 0.31, -24_800],
      ['apart', 'kitchen', 18_000, 1.2143, -21_857.4],
      ['numerator', null, 158_978.6, null, 158_978.6].map((v) =>
        typeof v === 'number' ? expect.closeTo(v, 5) : v,
      ),
      ['area', 'floor_area_m2', 12_000, null, 12_000],
      ['area_apart', 'machine_room', 200, null, -200],
      ['area_apart', 'special', 300, null, -300],
      ['denominator', null, 11_500, null, 11_500],
      ['quotient', null, expect.closeTo(158_978.6, 5), expect.closeTo(1 / 11_500, 12), 13.824226],
    ]);
  });

  test('energy per person: all of it', () => {
    const s = standingOf(row('db37-2672.3.city-a'), CITY_ORGAN);
    // 323,386 kgce / 300 = 1,077.95: above 912.3, below 1,300.8
    expect(s.value).toBeCloseTo(323_386 / 300, 9);
    expect(s.verdict).toBe('within_constraint');
  });

  test('electricity of regular systems: without the pumps of the heating and the machine room, over all the area', () => {
    const s = standingOf(row('db37-2672.4.city-a'), { ...CITY_ORGAN, apartArea: [] });
    // (600,000 − 15,000 − 80,000) / 12,000 = 42.083 kWh/m²
    expect(s.value).toBeCloseTo(505_000 / 12_000, 9);
    expect(s.verdict).toBe('within_base');
  });

  test('heating per heated m²', () => {
    const s = standingOf(row('db37-2672.2.district_heat'), CITY_ORGAN);
    // (3,000 × 34.12 + 15,000 × 0.31) / 9,000 = 11.89
    expect(s.value).toBeCloseTo(11.89, 9);
    expect(s.verdict).toBe('within_constraint');
  });

  test('water per person: two values, and how much is too much', () => {
    const s = standingOf(row('db37-4452.organ'), CITY_ORGAN);
    expect(s.value).toBe(7800 / 300);
    expect(s.verdict).toBe('above_constraint');
    // (26 − 25) × 300 p
    expect(s.excess).toEqual({ constraint: 300, base: null, leading: 16 * 300 });
    expect(s.way).toBeCloseTo(16 / 15, 12);
  });

  test('EUE of the machine room', () => {
    const s = standingOf(row('db37-2672.5'), CITY_ORGAN);
    expect(s.value).toBe(1.6);
    expect(s.verdict).toBe('within_base');
    expect(standingOf(row('db37-2672.5'), { ...CITY_ORGAN, machineRoom: null }).lacks).toEqual([
      { reason: 'no_meter', what: 'machine_room' },
    ]);
  });
});

describe('an office with a closed façade in Nanjing, open 3,500 h a year', () => {
  const OFFICE: Ground = {
    used: [
      used('electricity', 950_000, 'kWh', null),
      used('pv', 50_000, 'kWh', null),
      used('gas', 10, 'm³', null),
    ],
    heating: [],
    transport: [],
    apart: [],
    apartArea: [],
    floorAreaM2: 10_000,
    heatedAreaM2: null,
    people: 500,
    useHours: 3500,
    projected: null,
    machineRoom: null,
  };
  const quota = row('gbt51161.organ.class_b.hot_summer_cold_winter');

  test('is corrected for its hours of use: γ1 = 0.3 + 0.7 × 2,500 / 3,500 = 0.8', () => {
    const s = standingOf(quota, OFFICE);
    // (950,000 + 50,000) / 10,000 × 0.8
    expect(s.value).toBeCloseTo(80, 9);
    expect(s.verdict).toBe('within_constraint');
    // 80 between 65 and 90
    expect(s.way).toBeCloseTo(15 / 25, 9);
    // 90 is reached at 90 / 0.8 × 10,000 = 1,125,000 kWh measured, 65 at 812,500.
    expect(s.excess.constraint).toBeCloseTo(1_000_000 - 1_125_000, 6);
    expect(s.excess.leading).toBeCloseTo(1_000_000 - 812_500, 6);
    expect(s.steps[s.steps.length - 1]).toMatchObject({
      step: 'use_hours',
      amount: 3500,
      result: expect.closeTo(80, 9),
    });
    expect(s.notes).toEqual([
      { note: 'unconfirmed', what: quota.id },
      { note: 'heating_unmeasured', what: 'electricity' },
      { note: 'not_converted', what: 'gas' },
      { note: 'uncorrected', what: 'density' },
    ]);
  });

  test('is left as measured where nobody set its hours, and by density only where somebody turned that on', () => {
    expect(standingOf(quota, { ...OFFICE, useHours: null }).value).toBe(100);
    const on = { ...quota, corrections: quota.corrections.map((c) => ({ ...c, on: true })) };
    // 10,000 m² / 500 = 20 m² each: γ2 = 0.7 + 0.3 × 20 / 10 = 1.3
    expect(standingOf(on, OFFICE).value).toBeCloseTo(100 * 0.8 * 1.3, 9);
    expect(standingOf(on, { ...OFFICE, people: null }).value).toBeCloseTo(80, 9);
  });
});

describe('what cannot be told', () => {
  const quota = row('db37-2672.1.city-a');

  test('is null with its reason, never a division by zero', () => {
    expect(standingOf(quota, { ...CITY_ORGAN, floorAreaM2: null })).toMatchObject({
      value: null,
      verdict: null,
      lacks: [{ reason: 'no_attribute', what: 'floor_area_m2' }],
    });
    expect(standingOf(quota, { ...CITY_ORGAN, used: [] }).lacks).toEqual([
      { reason: 'no_data', what: 'energy' },
    ]);
    const coal = used('coal', 5, 't', null);
    expect(standingOf(quota, { ...CITY_ORGAN, used: [kwh(1), coal] }).lacks).toEqual([
      { reason: 'no_coefficient', what: 'coal' },
    ]);
    // What was not used needs no coefficient.
    expect(
      standingOf(quota, { ...CITY_ORGAN, used: [...CITY_ORGAN.used, { ...coal, amount: 0 }] }).lacks,
    ).toEqual([]);
    const room = { ...CITY_ORGAN, machineRoom: { total: 5, it: 0 } };
    expect(standingOf(row('db37-2672.5'), room).lacks).toEqual([
      { reason: 'contradiction', what: 'it_equipment' },
    ]);
  });

  test('is a contradiction where the parts are more than the whole', () => {
    expect(standingOf(quota, { ...CITY_ORGAN, apart: [kwh(2_000_000, 'machine_room')] }).lacks).toEqual([
      { reason: 'contradiction', what: 'consumption' },
    ]);
    expect(standingOf(quota, { ...CITY_ORGAN, apartArea: [{ what: 'special', m2: 12_000 }] }).lacks).toEqual([
      { reason: 'contradiction', what: 'floor_area_m2' },
    ]);
  });
});

test('a limit that is just reached is kept', () => {
  const quota = row('db37-2672.1.city-a');
  expect([7.2, 7.3, 14.9, 15, 21.9, 22].map((v) => verdictOf(quota, v))).toEqual([
    'within_leading',
    'within_base',
    'within_base',
    'within_constraint',
    'within_constraint',
    'above_constraint',
  ]);
});
