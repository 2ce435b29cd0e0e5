import type { Estate } from '../../domain/estate.ts';
import type { Meter } from '../../domain/meter.ts';
import type { Reading } from '../../domain/reading.ts';
import {
  type CheckContext,
  clockNotSet,
  Fault,
  type Held,
  isClockSet,
  NAME_LIMIT,
  numeric,
  readingOf,
  rejectReading,
  show,
} from '../checks.ts';
import {
  type Decoded,
  ELEMENT_LIMIT,
  outcome,
  type Packet,
  parseJson,
  refused,
  settle,
  textOf,
  tooMany,
} from '../packet.ts';
import type { CompiledProfile, CompiledProfiles, CompiledRule, Match } from './compile.ts';
import { follow, type Scope, visitEach } from './path.ts';
import { fill } from './template.ts';
import { convert, tidy } from './units.ts';

interface Context extends CheckContext {
  profiles: CompiledProfiles;
}

/** Decodes a packet by the first profile that fits its topic and its content. */
export function decodeByProfile(packet: Packet, arrival: number, context: Context): Decoded {
  const { topic, payload } = packet;
  let json: unknown;
  let parsed = false;
  let broken: Fault | null = null;
  for (const match of context.profiles.match(topic)) {
    const { profile } = match;
    let root: unknown;
    if (profile.format === 'text') root = textOf(payload).trim();
    else if (profile.format === 'json') {
      if (!parsed) {
        json = parseJson(payload);
        parsed = true;
      }
      root = json;
    } else {
      const read = context.profiles.sessions.read(match.levels, payload, arrival);
      if (read instanceof Fault) {
        const out = refused(read.reason, read.message, topic, payload, arrival);
        out.reply = context.profiles.sessions.rebirth(match.levels, read, arrival);
        return out;
      }
      root = read;
    }
    if (root instanceof Fault) {
      if (match.specific) broken ??= root;
      // Only a condition could still say that the message was never meant for this profile.
      if (match.specific && !profile.when) break;
      continue;
    }
    const scope: Scope = { root, elements: [], keys: [] };
    if (profile.when && !profile.when(scope, match.levels)) continue;
    return applyProfile(profile, match, scope, packet, arrival, context);
  }
  if (broken) return refused(broken.reason, broken.message, topic, payload, arrival);
  return refused('no_profile', `topic: no payload profile fits ${show(topic)}`, topic, payload, arrival);
}

function applyProfile(
  profile: CompiledProfile,
  match: Match,
  scope: Scope,
  packet: Packet,
  arrival: number,
  context: Context,
): Decoded {
  const out: Decoded = { readings: [], rejects: [], ignored: false, reply: null };
  const { levels } = match;
  if (profile.reply) {
    const topic = fill(profile.reply.topic, scope, levels);
    const payload = fill(profile.reply.payload, scope, levels);
    // What goes out again must be a topic, whatever the device wrote into its own.
    if (topic !== null && payload !== null && !/^\$|[+#\0]/.test(topic)) out.reply = { topic, payload };
  }
  if (profile.ignore(scope, levels)) return settle(out);
  const visit = (at: Scope): void => {
    for (const rule of profile.rules) {
      if (rule.where(at, levels)) applyRule(rule, at, match, packet, arrival, context, out);
    }
  };
  if (!profile.each) visit(scope);
  else {
    const count = visitEach(profile.each, scope.root, ELEMENT_LIMIT, visit);
    if (count > ELEMENT_LIMIT) return tooMany(profile.each.text, count, packet, arrival);
  }
  return outcome(out, packet, arrival);
}

function applyRule(
  rule: CompiledRule,
  scope: Scope,
  match: Match,
  packet: Packet,
  arrival: number,
  context: Context,
  out: Decoded,
): void {
  const raw = rule.values.map((path) => follow(path, scope));
  const missing = raw.findIndex((v) => v === undefined || v === null);
  if (missing >= 0 && rule.skipAbsent && raw.every((v) => v === undefined || v === null)) return;
  const address = fill(rule.address, scope, match.levels);
  const known = address !== null && address !== '' && address.length <= NAME_LIMIT;
  const meter = known ? meterAt(context.estate, address) : undefined;
  if (!meter && rule.optional) return;
  const time = timeOf(rule, scope, context);
  if (packet.retained === true && time === undefined) return;
  const unit = rule.unit === null || typeof rule.unit === 'string' ? rule.unit : follow(rule.unit, scope);
  const value = quantity(raw, missing, rule);
  const held: Held = {
    meter: address ?? '',
    value: value instanceof Fault ? first(raw) : value,
    byAddress: true,
  };
  if (time !== undefined) held.time = typeof time === 'number' ? time : { sent: time.sent };
  if (typeof unit === 'string') held.unit = unit;
  const reading = ((): Reading | Fault => {
    if (!known) return new Fault('unknown_meter', 'address', 'missing or too long');
    if (!meter) return unknownAddress(address);
    if (value instanceof Fault) return value;
    if (typeof time === 'object') return time.fault;
    if (rule.unit !== null && typeof unit !== 'string') {
      return new Fault('unit_mismatch', 'unit', `${show(unit)} is not a unit`);
    }
    return readingInUnit(meter, held, arrival, context, 0);
  })();
  if (reading instanceof Fault) {
    const place = scope.keys.join('.');
    out.rejects.push(rejectReading(reading, held, place, packet.topic, arrival, context));
  } else out.readings.push(reading);
}

export function unknownAddress(address: string): Fault {
  return new Fault('unknown_meter', 'address', `no meter of the estate has the address ${show(address)}`);
}

/** The checks of `readingOf` after the value has been brought into the meter's unit. */
export function readingInUnit(
  meter: Meter,
  held: Held,
  arrival: number,
  context: CheckContext,
  flags: number,
): Reading | Fault {
  let { value } = held;
  if (held.unit !== undefined) {
    const number = numeric(value);
    if (Number.isFinite(number)) {
      const converted = convert(number, held.unit, meter.unit);
      if (converted === null) {
        return new Fault(
          'unit_mismatch',
          'unit',
          `${held.unit} cannot become ${meter.unit}, the unit of meter ${meter.id}`,
        );
      }
      value = converted;
    }
  }
  return readingOf(meter, held.time, value, arrival, context, flags);
}

function quantity(raw: readonly unknown[], missing: number, rule: CompiledRule): number | Fault {
  if (missing >= 0)
    return new Fault('value_invalid', 'value', `${rule.values[missing]?.text ?? ''} is missing`);
  let sum = 0;
  for (let i = 0; i < raw.length; i++) {
    const number = numeric(raw[i]);
    if (!Number.isFinite(number)) {
      const at = rule.values[i]?.text ?? '';
      return new Fault('value_invalid', 'value', `${at} is ${show(raw[i])}, not a finite number`);
    }
    sum += number;
  }
  return raw.length > 1 || rule.scale !== 1 ? tidy(sum * rule.scale) : sum;
}

/**
 * The device's time as epoch ms; undefined when arrival counts. What it sent instead of a time is kept as
 * `{sent}`, so that a retry, which knows nothing of the profile's format, does not read it as another time.
 */
function timeOf(
  rule: CompiledRule,
  scope: Scope,
  context: Context,
): number | undefined | { sent: unknown; fault: Fault } {
  let wrong: { sent: unknown; fault: Fault } | undefined;
  for (const path of rule.times) {
    const sent = follow(path, scope);
    if (sent === undefined || sent === null) continue;
    const at = rule.readTime(sent, context.estate.zone);
    if (at !== null && isClockSet(at)) return at;
    const what = at === null ? `${show(sent)} is not a time` : clockNotSet(sent);
    wrong ??= { sent, fault: new Fault('time_invalid', 'time', what) };
  }
  return rule.arrivalIfTimeInvalid ? undefined : wrong;
}

const byAddress = new WeakMap<Estate, ReadonlyMap<string, Meter>>();

/** The meter with that device address, else the meter with that id. */
export function meterAt(estate: Estate, address: string): Meter | undefined {
  let index = byAddress.get(estate);
  if (!index) {
    const built = new Map<string, Meter>();
    for (const meter of estate.meters) if (meter.address !== null) built.set(meter.address, meter);
    index = built;
    byAddress.set(estate, index);
  }
  return index.get(address) ?? estate.meter(address);
}

function first(raw: readonly unknown[]): unknown {
  return raw.length === 1 ? raw[0] : raw;
}
