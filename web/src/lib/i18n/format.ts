/** Figures, dates and comparisons as people write them. Null is "no data", never 0. */
import type { Level, Zone } from '../../../../server/domain/time.ts';
import { type Chosen, isoWeek } from '../state/period.ts';
import type { Catalogue } from './zh.ts';

const formats = new Map<number, Intl.NumberFormat>();

/** Grouped by thousands, with that many decimals. */
export function fixed(value: number, decimals: number): string {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(decimals, format);
  }
  return format.format(value).replace(/^-/, '−');
}

/** Three to five significant places, as a figure is read. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}

export function count(value: number): string {
  return fixed(value, 0);
}

/** All places that the server sent. */
export function exact(value: number): string {
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 }).format(value).replace(/^-/, '−');
}

/** A register as a display shows it: whole, or with as many places as it has, two at least. */
export function register(value: number): string {
  const places = (String(value).split('.')[1] ?? '').length;
  return fixed(value, places === 0 ? 0 : Math.min(6, Math.max(2, places)));
}

/** A figure split from its unit, large ones in the steps of the language. */
export function quantityParts(
  value: number | null,
  unit: string,
  m: Catalogue,
): { figure: string; unit: string } {
  if (value === null) return { figure: '—', unit: '' };
  const step = m.number.steps.find((s) => Math.abs(value) >= s.at);
  if (!step) return { figure: figure(value), unit };
  const scaled = value / step.divisor;
  return {
    figure: fixed(scaled, Math.abs(scaled) >= 1000 ? 0 : Math.abs(scaled) >= 100 ? 1 : 2),
    unit: `${step.suffix.trim()} ${unit}`,
  };
}

/** Marks of an axis: round already, so as many places as they have; all in the step of the largest. */
export function axisFigures(values: readonly (number | null)[], m: Catalogue): (value: number) => string {
  const largest = values.reduce<number>((most, v) => Math.max(most, Math.abs(v ?? 0)), 0);
  const step = m.number.steps.find((s) => largest >= s.at);
  return (value) => (step && value !== 0 ? `${exact(value / step.divisor)}${step.suffix}` : exact(value));
}

export function quantity(value: number | null, unit: string, m: Catalogue): string {
  if (value === null) return m.number.unknown;
  const parts = quantityParts(value, unit, m);
  return `${parts.figure} ${parts.unit}`.trim();
}

/** 0.0423 → 4.2 % */
export function percent(share: number): string {
  const value = Math.abs(share) * 100;
  return `${fixed(value, value >= 100 ? 0 : 1)} %`;
}

/** Completeness never rounds up to 100 %. */
export function completeness(share: number): string {
  const value = Math.floor(share * 1000) / 10;
  return `${value === 100 || value === 0 ? value : fixed(value, 1)} %`;
}

/** −0.042 → 4.2 % less, in words */
export function change(value: number | null, m: Catalogue): string {
  if (value === null) return m.compare.none;
  if (Math.abs(value) < 0.0005) return m.compare.same;
  return value < 0 ? m.compare.less(percent(value)) : m.compare.more(percent(value));
}

export function bytes(value: number, m: Catalogue): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return m.number.bytes(figure(value / 1000 ** power), units[power] as string);
}

/** The unit of a mean hourly rate: kWh in an hour is kW. */
export function rateUnit(unit: string, m: Catalogue): string {
  const power = /^([kMG]?W)h$/.exec(unit);
  return power ? power[1]! : m.chart.perHour(unit);
}

/** Dates in the estate's time zone, whatever the browser's is. */
export class Dates {
  readonly zone: Zone;
  readonly m: Catalogue;

  constructor(zone: Zone, m: Catalogue) {
    this.zone = zone;
    this.m = m;
  }

  day(at: number): string {
    return this.m.date.day(this.zone.wall(at));
  }

  /** A date or month as files have it, 2026-11-21 or 2026-11, in words; other text as it is. */
  written(text: string): string {
    const [, year, month, day] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text)?.map(Number) ?? [];
    if (year === undefined || month === undefined) return text;
    const at = { year, month, day: day || 1 };
    return day ? this.m.date.day(at) : this.m.date.month(at);
  }

  dayShort(at: number): string {
    return this.m.date.dayShort(this.zone.wall(at));
  }

  time(at: number): string {
    const w = this.zone.wall(at);
    return this.m.date.time(w.hour, w.minute);
  }

  timeS(at: number): string {
    const w = this.zone.wall(at);
    return this.m.date.timeS(w.hour, w.minute, w.second);
  }

  moment(at: number): string {
    return this.m.date.moment(this.day(at), this.time(at));
  }

  weekday(at: number): string {
    return this.m.date.weekdays[this.zone.wall(at).weekday - 1] as string;
  }

  period(p: Chosen): string {
    const w = this.zone.wall(p.start);
    if (p.kind === 'year') return this.m.date.year(w);
    if (p.kind === 'month') return this.m.date.month(w);
    if (p.kind === 'day') return this.m.date.day(w);
    if (p.kind === 'range') return this.m.date.range(this.day(p.start), this.day(p.end - 1));
    const { year, week } = isoWeek(p.start, this.zone);
    return this.m.date.week(year, week, this.dayShort(p.start), this.dayShort(p.end - 1));
  }

  /** A step of a chart, with what tells it from its neighbours. */
  step(at: number, level: Level): string {
    const w = this.zone.wall(at);
    if (level === 'hour') return this.m.date.moment(this.dayShort(at), this.m.date.hours(w.hour, w.hour + 1));
    if (level === 'day') return `${this.day(at)} ${this.weekday(at)}`;
    return level === 'month' ? this.m.date.month(w) : this.m.date.year(w);
  }

  /** The part of a period that has passed: 1 Nov to 21 Nov 14:00. */
  span(from: number, to: number): string {
    const [a, b] = [this.zone.wall(from), this.zone.wall(to)];
    if (this.zone.startOf('day', from) === this.zone.startOf('day', to - 1)) {
      return this.m.date.hours(a.hour, b.hour === 0 ? 24 : b.hour);
    }
    if (b.hour === 0) return this.m.date.range(this.dayShort(from), this.dayShort(to - 1));
    return this.m.date.range(this.dayShort(from), `${this.dayShort(to)} ${this.m.date.hour(b.hour)}`);
  }

  ago(at: number, now: number): string {
    const s = Math.max(0, Math.round((now - at) / 1000));
    if (s < 5) return this.m.ago.now;
    if (s < 60) return this.m.ago.seconds(s);
    if (s < 3600) return this.m.ago.minutes(Math.round(s / 60));
    if (s < 48 * 3600) return this.m.ago.hours(Math.round(s / 3600));
    return this.m.ago.days(Math.round(s / 86_400));
  }
}
