import type { Carrier, Epoch, RegisterKind } from '../domain/meter.ts';
import { parseTime, type Zone } from '../domain/time.ts';
import type { FilePath, Issues } from './estate-document.ts';
import { EXCHANGE, type Fields, isMapping, type Loose, METER, readFields } from './estate-schema.ts';
import type { MeterEntry } from './meter-entry.ts';
import { spellUnit, unitsOf } from './units.ts';

export const DEFAULT_INTERVAL_S = 900;
export const DEFAULT_MULTIPLIER = 1;

const NEEDS_CEILING = 'is missing: a volatile counter needs it, it alone tells a restart from an error';
const TEMPERATURES: readonly Carrier[] = ['outdoor_temperature', 'indoor_temperature'];

/** What is in force where a meter does not say: temperatures are averaged, everything else counts up. */
export function defaultRegister(carrier: Carrier | undefined): RegisterKind {
  return carrier && TEMPERATURES.includes(carrier) ? 'gauge' : 'cumulative';
}

/** One meter of the estate file, as it stands in the document. */
interface MeterSource {
  fields: Fields<typeof METER>;
  /** Whether the file has the key at all, were its value right or wrong. */
  says(key: keyof typeof METER): boolean;
  register: RegisterKind;
  path: FilePath;
  zone: Zone;
  issues: Issues;
}

/** Reads one meter of the estate file and derives its epochs. Says everything that is wrong in it. */
export function readMeterEntry(
  value: unknown,
  path: FilePath,
  zone: Zone,
  issues: Issues,
): Loose<MeterEntry> | null {
  const fields = readFields(METER, value, path, issues);
  if (fields === null) return null;
  const register = fields.register ?? defaultRegister(fields.carrier);
  const says = (key: string): boolean => isMapping(value) && value[key] !== undefined && value[key] !== null;
  const source: MeterSource = { fields, says, register, path, zone, issues };
  checkRegister(source);
  return {
    id: fields.id,
    name: fields.name,
    node: fields.node,
    carrier: fields.carrier,
    item: fields.item ?? null,
    parent: fields.parent ?? null,
    register,
    unit: readUnit(source),
    intervalS: fields.interval_s ?? DEFAULT_INTERVAL_S,
    intervalLabel: fields.interval_label ?? 'start',
    address: fields.address ?? null,
    direction: fields.direction ?? 'in',
    volatile: fields.volatile ?? false,
    epochs: readEpochs(source),
  };
}

function checkRegister({ fields, says, register, path, issues }: MeterSource): void {
  const { carrier } = fields;
  if (carrier !== undefined && carrier !== 'other') {
    const temperature = TEMPERATURES.includes(carrier);
    if (temperature && register !== 'gauge') {
      issues.add(
        [...path, 'register'],
        `of ${carrier} must be gauge: a temperature is averaged, never summed`,
      );
    } else if (!temperature && register === 'gauge') {
      issues.add(
        [...path, 'register'],
        `gauge is averaged, never summed: its carrier is ${TEMPERATURES.join(', ')} or other, not ${carrier}`,
      );
    }
  }
  if (register === 'gauge' && fields.direction === 'out') {
    issues.add([...path, 'direction'], 'is of what is added up; a gauge is averaged, never summed');
  }
  if (register === 'cumulative') return;
  if (fields.volatile) {
    issues.add(
      [...path, 'volatile'],
      `only a cumulative register starts again at 0, this one is ${register}`,
    );
  }
  for (const key of ['rollover_at', 'initial'] as const) {
    if (says(key)) issues.add([...path, key], `only a cumulative register has one, this one is ${register}`);
  }
}

function readUnit({ fields, says, register, path, issues }: MeterSource): string | undefined {
  const { carrier } = fields;
  const unit = fields.unit === undefined ? undefined : spellUnit(fields.unit);
  if (carrier === undefined) return unit;
  const accepted = unitsOf(carrier, register);
  if (accepted === null) {
    issues.add(
      [...path, 'register'],
      `${register} is for electricity, pv, heat, cooling and other, not for ${carrier}`,
    );
    return undefined;
  }
  const at = [...path, 'unit'];
  if (unit === undefined) {
    if (accepted.length === 0 && !says('unit')) issues.add(at, `is missing: ${carrier} has no usual unit`);
    return accepted[0];
  }
  if (accepted.length === 0 || accepted.includes(unit)) return unit;
  issues.add(
    at,
    `${JSON.stringify(unit)} is not a unit of ${carrier} with a ${register} register; accepted: ${accepted.join(', ')}`,
  );
  return undefined;
}

/** The base epoch is the meter's own; each exchange ends one and begins the next, which inherits from it. */
function readEpochs(source: MeterSource): Epoch[] {
  const { fields, says, register, path, zone, issues } = source;
  let last: Epoch = {
    from: readTime(fields.from, [...path, 'from'], zone, issues),
    to: null,
    initial: fields.initial ?? null,
    final: null,
    multiplier: fields.multiplier ?? DEFAULT_MULTIPLIER,
    rolloverAt: fields.rollover_at ?? null,
    maxRate: fields.max_rate ?? null,
    continues: false,
    note: null,
    recordedBy: null,
    recordedAt: null,
  };
  const epochs = [last];
  if (says('initial') && !says('from')) {
    issues.add([...path, 'initial'], 'is the register at `from`, which is missing');
  }
  // A value that is there and wrong has been said already.
  const bounded = register !== 'cumulative' || fields.volatile !== true;
  if (!bounded && !says('max_rate')) issues.add([...path, 'max_rate'], NEEDS_CEILING);
  if (register === 'cumulative') below(last.rolloverAt, last.initial, [...path, 'initial'], issues);
  let latest = last.from === null ? null : { at: last.from, name: '`from` of the meter' };
  for (const [i, value] of (fields.exchanges ?? []).entries()) {
    const at = [...path, 'exchanges', i];
    const x = readFields(EXCHANGE, value, at, issues);
    if (x === null) continue;
    const from = readTime(x.at, [...at, 'at'], zone, issues);
    if (from !== null && latest !== null && from <= latest.at) {
      const relation = from === latest.at ? 'the same instant as' : 'before';
      issues.add(
        [...at, 'at'],
        `is ${relation} ${latest.name} (${zone.iso(latest.at)}); exchanges stand in order of time`,
      );
    } else if (from !== null) {
      latest = { at: from, name: `exchanges[${i}].at` };
    }
    const { final, initial } = registersAt(x, at, issues);
    if (!bounded && x.max_rate === null) issues.add([...at, 'max_rate'], NEEDS_CEILING);
    last.to = from;
    last.final = final;
    const next: Epoch = {
      from,
      to: null,
      initial,
      final: null,
      multiplier: x.multiplier ?? last.multiplier,
      rolloverAt: x.rollover_at === undefined ? last.rolloverAt : x.rollover_at,
      maxRate: x.max_rate === undefined ? last.maxRate : x.max_rate,
      continues: x.continues ?? false,
      note: x.note ?? null,
      recordedBy: null,
      recordedAt: null,
    };
    if (register === 'cumulative') {
      below(last.rolloverAt, last.final, [...at, 'final'], issues);
      below(next.rolloverAt, next.initial, [...at, 'initial'], issues);
    } else {
      for (const key of ['final', 'initial', 'rollover_at'] as const) {
        if (x[key] == null) continue;
        issues.add([...at, key], `only a cumulative register has one, this one is ${register}`);
      }
    }
    epochs.push(next);
    last = next;
  }
  return epochs;
}

/** A register that goes on shows one value at the exchange: the file may say it once. */
function registersAt(
  x: Fields<typeof EXCHANGE>,
  path: FilePath,
  issues: Issues,
): { final: number | null; initial: number | null } {
  const final = x.final ?? null;
  const initial = x.initial ?? null;
  if (!x.continues) return { final, initial };
  if (final !== null && initial !== null && final !== initial) {
    issues.add(
      [...path, 'initial'],
      `must be the same as final, ${final}, or left out: the register goes on`,
    );
  }
  return { final: final ?? initial, initial: final ?? initial };
}

function below(rolloverAt: number | null, register: number | null, path: FilePath, issues: Issues): void {
  if (rolloverAt === null || register === null || register < rolloverAt) return;
  issues.add(path, `${register} is never shown by a register that returns to 0 at ${rolloverAt}`);
}

function readTime(
  value: string | null | undefined,
  path: FilePath,
  zone: Zone,
  issues: Issues,
): number | null {
  if (value === undefined || value === null) return null;
  const at = parseTime(value, zone);
  if (at === null) {
    issues.add(path, `${JSON.stringify(value)} is not a time; one is 2026-03-14T10:20:00+08:00`);
  }
  return at;
}
