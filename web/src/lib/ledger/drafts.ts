/** What the dialogs collect as texts, turned into requests; and what is wrong with it before anybody is asked. */
import type { Zone } from '../../../../server/domain/time.ts';
import { typedNumber } from '../forms/numbers.ts';
import type { Draft } from './preview.svelte.ts';
import type { Recording } from './recording.svelte.ts';

/** The fields of all dialogs, as they are typed. */
export interface Fields {
  at: string;
  to: string;
  final: string;
  initial: string;
  multiplier: string;
  continues: boolean;
  rollover_at: string;
  max_rate: string;
  value: string;
  quantity: string;
  note: string;
  reason: string;
  recorded_by: string;
}

export type FieldName = Exclude<keyof Fields, 'continues'>;
export type FaultKind = 'needed' | 'notNumber' | 'notPositive' | 'noSuchTime' | 'notAfter' | 'future';
export type Faults = Partial<Record<FieldName, FaultKind>>;

/** Stands for what a person has still to say, while only the effect is asked for. */
const UNSAID = '—';
const MINUTE_MS = 60_000;

/** Field of the estate's wall clock: 2026-03-14T10:20, with seconds where they are not 0. */
export function timeField(at: number, zone: Zone): string {
  const text = zone.iso(at).slice(0, 19);
  return text.endsWith(':00') ? text.slice(0, 16) : text;
}

/** @returns epoch ms, or null for what is no time */
export function fieldTime(text: string, zone: Zone): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null;
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? null : zone.instant(wall);
}

/** A register or a quantity as it is typed; null for what is no number or below 0. */
export function fieldNumber(text: string): number | null {
  const value = typedNumber(text);
  return value === null || value < 0 ? null : value;
}

/** Between two readings, on a whole minute; at the later one where no minute lies between them. */
export function midpoint(previous: number, next: number): number {
  const middle = Math.floor((previous + next) / 2 / MINUTE_MS) * MINUTE_MS;
  return middle > previous ? middle : next;
}

export function firstFields(r: Recording, who: string, now: number, zone: Zone): Fields {
  const empty: Fields = {
    at: '',
    to: '',
    final: '',
    initial: '',
    multiplier: '',
    continues: false,
    rollover_at: '',
    max_rate: '',
    value: '',
    quantity: '',
    note: '',
    reason: '',
    recorded_by: who,
  };
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const time = (at: number) => timeField(at, zone);
  switch (r.kind) {
    case 'exchange': {
      const at =
        r.previous && r.next
          ? midpoint(Date.parse(r.previous.time), Date.parse(r.next.time))
          : (r.at ?? minute);
      return { ...empty, at: time(at), multiplier: String(multiplierAt(r.meter, at)) };
    }
    case 'manual':
      return { ...empty, at: time(r.at ?? minute) };
    case 'estimate':
      return {
        ...empty,
        at: r.from === undefined ? '' : time(r.from),
        to: r.to === undefined ? '' : time(r.to),
      };
    case 'ceiling':
      return { ...empty, max_rate: r.suspect?.rate ? roundUp(r.suspect.rate).toLocaleString('en-US') : '' };
    default:
      return empty;
  }
}

export function multiplierAt(meter: Recording['meter'], at: number): number {
  const epoch = meter.epochs.findLast((e) => e.from === null || Date.parse(e.from) <= at);
  return epoch?.multiplier ?? meter.multiplier;
}

/** A tenth above, to two digits: what was reached once may be reached again. */
export function roundUp(rate: number): number {
  // Nine digits hide what binary fractions add.
  const wanted = Number((rate * 1.1).toPrecision(9));
  const step = 10 ** (Math.floor(Math.log10(wanted)) - 1);
  return Number((Math.ceil(Number((wanted / step).toPrecision(9))) * step).toPrecision(6));
}

/** What is wrong with the fields that a kind of recording asks for. */
export function faultsOf(r: Recording, f: Fields, now: number, zone: Zone): Faults {
  const faults: Faults = {};
  const number = (name: FieldName, kind: 'notNumber' | 'notPositive', must: boolean) => {
    if (f[name].trim() === '') {
      if (must) faults[name] = 'needed';
      return;
    }
    const value = fieldNumber(f[name]);
    if (value === null || (kind === 'notPositive' && value <= 0)) faults[name] = kind;
  };
  const time = (name: 'at' | 'to') => {
    const at = fieldTime(f[name], zone);
    if (at === null) faults[name] = f[name] === '' ? 'needed' : 'noSuchTime';
    else if (at > now) faults[name] = 'future';
  };
  if (r.kind === 'exchange') {
    time('at');
    number('final', 'notNumber', false);
    number('initial', 'notNumber', false);
    number('multiplier', 'notPositive', true);
    number('rollover_at', 'notPositive', false);
    number('max_rate', 'notPositive', false);
  } else if (r.kind === 'manual') {
    time('at');
    number('value', 'notNumber', true);
  } else if (r.kind === 'estimate') {
    time('at');
    time('to');
    if (!faults.at && !faults.to && f.at >= f.to) faults.to = 'notAfter';
    number('quantity', 'notNumber', true);
  } else if (r.kind === 'ceiling') number('max_rate', 'notPositive', true);
  if (['manual', 'estimate', 'withdraw'].includes(r.kind) && f.reason.trim() === '') faults.reason = 'needed';
  if (f.recorded_by.trim() === '') faults.recorded_by = 'needed';
  return faults;
}

/** What only a save needs: who says so and why. */
const SAID: readonly FieldName[] = ['reason', 'recorded_by'];

/** The request, as soon as it is complete but for who and why. */
export function draftOf(r: Recording, f: Fields, faults: Faults): Draft | null {
  if (Object.keys(faults).some((name) => !SAID.includes(name as FieldName))) return null;
  const meter = `/meters/${encodeURIComponent(r.meter.id)}`;
  const said = (text: string) => text.trim() || UNSAID;
  const who = { recorded_by: said(f.recorded_by) };
  const why = { reason: said(f.reason) };
  const given = (text: string) => fieldNumber(text) ?? undefined;
  switch (r.kind) {
    case 'exchange': {
      const body = {
        at: f.at,
        // Of a device that stays only one of them is asked for.
        final: fieldNumber(f.final),
        initial: f.continues ? null : fieldNumber(f.initial),
        multiplier: given(f.multiplier),
        rollover_at: f.continues ? undefined : given(f.rollover_at),
        max_rate: given(f.max_rate),
        continues: f.continues,
        note: f.note.trim() || null,
        ...who,
      };
      return { method: 'POST', route: `${meter}/exchanges`, body };
    }
    case 'remove':
      return { method: 'DELETE', route: `${meter}/exchanges`, query: { at: r.epoch.from, ...who } };
    case 'ceiling': {
      const query = r.suspect ? { at: r.suspect.next.time } : {};
      return {
        method: 'POST',
        route: `${meter}/ceiling`,
        query,
        body: { max_rate: fieldNumber(f.max_rate), ...who },
      };
    }
    case 'manual': {
      const body = { time: f.at, value: fieldNumber(f.value), ...why, ...who };
      return { method: 'POST', route: `${meter}/manual-readings`, body };
    }
    case 'estimate': {
      const body = { from: f.at, to: f.to, quantity: fieldNumber(f.quantity), ...why, ...who };
      return { method: 'POST', route: `${meter}/estimates`, body };
    }
    case 'withdraw':
      return {
        method: 'POST',
        route: `${meter}/statements/${r.statement.no}/withdraw`,
        body: { ...why, ...who },
      };
  }
}

/** The instant that a recording is about, epoch ms; null: none is told yet. */
export function aboutTime(r: Recording, f: Fields, zone: Zone): number | null {
  if (r.kind === 'remove') return r.epoch.from === null ? null : Date.parse(r.epoch.from);
  if (r.kind === 'ceiling') return r.suspect ? Date.parse(r.suspect.next.time) : null;
  if (r.kind === 'withdraw') return Date.parse(r.statement.from);
  return fieldTime(f.at, zone);
}
