import { DAY_MS } from '../../server/domain/time.ts';
import { type Day, dayOf } from './calendar.ts';
import { chance } from './noise.ts';
import { dailyMean, outdoorTemperature } from './weather.ts';

/** What drives every load at an instant. */
export interface Moment {
  seed: number;
  day: Day;
  /** Wall clock, 0–24. */
  hour: number;
  temperature_c: number;
  /** Share of the office people who are there, 0–1. */
  office: number;
  /** Visitors of the culture centre against an ordinary full day, 0–1.3. */
  visitors: number;
  /** Kitchens at work, 0–1. */
  kitchen: number;
  /** 1 in the dark, 0 by day. */
  dark: number;
  /** Need of cooling and of heating against the design day, 0–1.2. */
  cooling: number;
  heating: number;
}

/** Hour → value, straight between the points. */
type Curve = readonly (readonly [hour: number, value: number])[];

const OFFICE: Curve = [
  [0, 0.03],
  [6.5, 0.03],
  [7.5, 0.25],
  [8.5, 0.95],
  [11.75, 1],
  [12.25, 0.7],
  [13.5, 0.72],
  [14, 0.97],
  [17.25, 0.95],
  [18.25, 0.35],
  [20, 0.16],
  [22, 0.05],
  [24, 0.03],
];
const OFF_DUTY: Curve = [
  [0, 0.03],
  [8, 0.03],
  [9.5, 0.11],
  [17, 0.1],
  [19, 0.04],
  [24, 0.03],
];
const VISITORS: Curve = [
  [0, 0.03],
  [8, 0.04],
  [9, 0.45],
  [10.5, 0.9],
  [12.5, 0.75],
  [15, 1],
  [17.5, 0.85],
  [19.5, 0.9],
  [21, 0.35],
  [21.75, 0.05],
  [24, 0.03],
];
const KITCHEN: Curve = [
  [0, 0],
  [5.25, 0],
  [6, 0.7],
  [7.75, 0.55],
  [8.5, 0.2],
  [10, 0.95],
  [11.5, 1],
  [12.75, 0.35],
  [14, 0.1],
  [16, 0.5],
  [17.5, 0.45],
  [18.5, 0],
  [24, 0],
];
const PLANT: Curve = [
  [0, 0],
  [6.75, 0],
  [7.25, 0.8],
  [8, 1],
  [12, 0.9],
  [13.5, 0.92],
  [17, 0.9],
  [17.75, 0.15],
  [18.5, 0],
  [24, 0],
];
const CULTURE_PLANT: Curve = [
  [0, 0],
  [8, 0],
  [8.75, 0.8],
  [10, 1],
  [17, 0.95],
  [20.5, 0.8],
  [21.25, 0],
  [24, 0],
];

/** The circumstances at a wall clock given as if it were UTC, ms; `known` spares the look-up of the same day. */
export function momentAt(seed: number, local: number, known?: Day): Moment {
  const index = Math.floor(local / DAY_MS);
  const day = known?.index === index ? known : dayOf(local);
  const hour = (local - index * DAY_MS) / 3_600_000;
  const temperature_c = outdoorTemperature(seed, local);
  const felt = 0.6 * temperature_c + 0.4 * dailyMean(seed, local);
  const heatingSeason = day.ofYear >= 319 || day.ofYear < 74;
  return {
    seed,
    day,
    hour,
    temperature_c,
    office: at(day.workday ? OFFICE : OFF_DUTY, hour) * (day.holiday ? 0.7 : 1),
    visitors: visitorsOf(day) * at(VISITORS, hour),
    kitchen: day.workday ? at(KITCHEN, hour) : 0.06 * at(KITCHEN, hour),
    dark: 1 - between(hour, day.rise, day.set, 0.5),
    cooling: clamp((felt - 20.5) / 10.5, 0, 1.2),
    heating: heatingSeason ? clamp((16 - felt) / 15, 0, 1.2) : 0,
  };
}

/** Closed on Mondays unless it is a holiday, fuller on days off. */
function visitorsOf(day: Day): number {
  if (day.holiday) return 1.3;
  if (day.weekday === 1) return 0.12;
  return day.workday ? 0.8 : 1.2;
}

/** Load against its peak, by kind of use. Values are near 0–1. */
export const PROFILES = {
  constant: () => 1,
  officeLight: (m) => m.office * (0.82 + 0.18 * m.dark),
  corridor: (m) => 0.3 + 0.7 * Math.max(m.office, 0.4 * m.dark),
  facade: (m) => m.dark * (m.hour >= 12 && m.hour < (m.day.workday ? 22 : 22.75) ? 1 : 0),
  officeLift: (m) => 0.06 + 0.94 * m.office * (rush(m.hour) ? 1.15 : 0.8),
  officeFan: (m) => 0.12 + 0.88 * Math.min(1, m.office * 1.05),
  officeWater: (m) => 0.015 + m.office,
  kettle: (m) => 0.05 + 0.95 * m.office * (m.hour < 10 || (m.hour > 13 && m.hour < 15) ? 1 : 0.7),
  kitchen: (m) => m.kitchen,
  serverCooling: (m) => 0.72 + 0.28 * clamp((m.temperature_c - 4) / 30, 0, 1),
  charging: (m) => (m.day.workday ? 1 : 0.25) * (0.04 + 0.9 * between(m.hour, 8.75, 15, 1.5)),
  publicCharging: (m) =>
    0.08 + 0.62 * between(m.hour, 9, 21, 2) * (m.day.workday ? 0.8 : 1.1) + 0.3 * between(m.hour, 18, 22, 1),
  officeCooling: (m) => (m.day.workday ? 1 : 0.05) * at(PLANT, m.hour) * m.cooling,
  officePump: (m) => (m.day.workday ? 1 : 0.05) * at(PLANT, m.hour) * Math.min(1, m.cooling * 2.2),
  officeCoil: (m) => m.office * (0.08 + 0.92 * Math.min(1, 1.6 * (m.cooling + m.heating))),
  officeHeat: (m) =>
    m.heating * (0.38 + 0.62 * Math.max(between(m.hour, 6, 17.5, 1) * (m.day.workday ? 1 : 0.12), 0)),
  cultureLight: (m) => Math.min(1.1, m.visitors * (0.8 + 0.2 * m.dark)),
  cultureCooling: (m) => visitorShare(m) * at(CULTURE_PLANT, m.hour) * m.cooling,
  culturePump: (m) => visitorShare(m) * at(CULTURE_PLANT, m.hour) * Math.min(1, m.cooling * 2.2),
  cultureCoil: (m) => m.visitors * (0.1 + 0.9 * Math.min(1, 1.6 * (m.cooling + m.heating))),
  cultureHeat: (m) => m.heating * (0.35 + 0.65 * visitorShare(m) * between(m.hour, 7.5, 20.5, 1)),
  visitors: (m) => 0.02 + m.visitors,
  theatre: (m) =>
    0.03 + (showTonight(m) ? between(m.hour, 18.25, 22, 0.75) : 0.08 * between(m.hour, 9, 17, 1)),
  storeClimate: (m) => 0.6 + 0.4 * Math.max(Math.min(1, m.cooling), 0.6 * Math.min(1, m.heating)),
  garageLight: (m) => 0.55 + 0.45 * between(m.hour, 7, 21.5, 0.75),
  garageFan: (m) => 0.06 + 0.94 * Math.max(m.office, 0.7 * Math.min(1, m.visitors)),
  coolingWater: (m) => m.cooling * Math.max((m.day.workday ? 1 : 0.05) * at(PLANT, m.hour), 0),
  hotWater: (m) => m.kitchen * (1.1 - 0.6 * clamp(m.temperature_c / 30, 0, 1)),
  streetLamp: (m) => m.dark * (m.hour > 5 && m.hour < 23.5 ? 1 : 0.5),
  fountain: (m) =>
    m.day.month >= 4 && m.day.month <= 10 ? between(m.hour, 19, 20.75, 0.25) * (m.day.workday ? 0.6 : 1) : 0,
  watering: (m) => between(m.hour, 5, 7.5, 0.25) * wateringShare(m),
  /** A float valve that fails every July and is mended in the April after: water that runs by night too. */
  leak: (m) => leakShare(m.day.ofYear),
} satisfies Record<string, (m: Moment) => number>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];

function visitorShare(m: Moment): number {
  return Math.min(1, visitorsOf(m.day));
}

function rush(hour: number): boolean {
  return (hour >= 7.75 && hour < 9) || (hour >= 11.5 && hour < 12.25) || (hour >= 17 && hour < 18.25);
}

function showTonight(m: Moment): boolean {
  return chance(m.seed, 71, m.day.index) < (m.day.weekday >= 5 || m.day.holiday ? 0.75 : 0.12);
}

function wateringShare(m: Moment): number {
  if (m.day.month < 4 || m.day.month > 10) return m.day.date % 10 === 0 ? 0.25 : 0;
  const dry = chance(m.seed, 72, m.day.index) < 0.6;
  return dry ? 0.5 + clamp((m.temperature_c - 14) / 20, 0, 0.5) : 0;
}

const LEAK_FROM = 188;
const LEAK_TO = 110;
const LEAK_GROWS_DAYS = 25;

function leakShare(ofYear: number): number {
  if (ofYear >= LEAK_FROM) return Math.min(1, (ofYear - LEAK_FROM + 1) / LEAK_GROWS_DAYS);
  return ofYear < LEAK_TO ? 1 : 0;
}

/** 1 between two hours, 0 outside, with ramps of `ramp` hours centred on them. */
function between(hour: number, from: number, to: number, ramp: number): number {
  return clamp((hour - from) / ramp + 0.5, 0, 1) * clamp((to - hour) / ramp + 0.5, 0, 1);
}

function at(curve: Curve, hour: number): number {
  let i = 1;
  while ((curve[i] as readonly [number, number])[0] < hour) i++;
  const [h0, v0] = curve[i - 1] as readonly [number, number];
  const [h1, v1] = curve[i] as readonly [number, number];
  return v0 + ((v1 - v0) * (hour - h0)) / (h1 - h0);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
