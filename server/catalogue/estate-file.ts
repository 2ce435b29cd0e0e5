import { isCount } from '../domain/attribute.ts';
import { type Classification, UNCLASSIFIED } from '../domain/classification.ts';
import type { Estate } from '../domain/estate.ts';
import type {
  Carrier,
  DatedValue,
  Direction,
  Gateway,
  IntervalLabel,
  Node,
  NodeKind,
  RegisterKind,
  VirtualMeter,
} from '../domain/meter.ts';
import type { Zone } from '../domain/time.ts';
import { checkEstate } from './estate-checks.ts';
import { type EstateDocument, type FilePath, Issues } from './estate-document.ts';
import type { Draft } from './estate-merge.ts';
import { readMeterEntry } from './estate-meter.ts';
import {
  CLASSIFICATION,
  DATED_VALUE,
  FILE,
  GATEWAY,
  isMapping,
  type Loose,
  NODE,
  PROFILE_ID,
  readField,
  readFields,
  VIRTUAL,
  what,
} from './estate-schema.ts';
import type { MeterEntry } from './meter-entry.ts';
import { noAttributes } from './nodes.ts';
import type { StoredProfile } from './profiles.ts';
import { zoneOf } from './zones.ts';

/** The content of an estate file, as `applyEstate` takes it from a program. */
export interface EstateFile {
  version: 1;
  timezone?: string;
  nodes?: NodeInFile[];
  meters?: MeterInFile[];
  virtual?: VirtualInFile[];
  gateways?: { id: string; name: string; node?: string | null }[];
  profiles?: StoredProfile[];
}

export interface NodeInFile {
  id: string;
  name: string;
  kind: NodeKind;
  parent?: string | null;
  attributes?: Record<string, DatedValue[]>;
  classification?: Partial<Classification>;
}

export interface MeterInFile {
  id: string;
  name: string;
  node: string;
  carrier: Carrier;
  item?: string | null;
  parent?: string | null;
  register?: RegisterKind;
  unit?: string;
  /** out: counts what is fed back to the supplier. */
  direction?: Direction;
  /** A counter that starts again at 0 when its power returns; needs `max_rate`. */
  volatile?: boolean;
  multiplier?: number;
  rollover_at?: number | null;
  max_rate?: number | null;
  interval_s?: number;
  interval_label?: IntervalLabel;
  address?: string | null;
  /** From when the first epoch holds, and the register then. */
  from?: string | null;
  initial?: number | null;
  exchanges?: ExchangeInFile[];
}

/** The end of one epoch and the start of the next; what it does not say stays as it was. */
export interface ExchangeInFile {
  at: string;
  final?: number | null;
  initial?: number | null;
  /** The device stays and its register goes on: other transformers, another ceiling. */
  continues?: boolean;
  multiplier?: number;
  rollover_at?: number | null;
  max_rate?: number | null;
  note?: string | null;
}

/** A sum and difference of meters, virtual ones among them. */
export interface VirtualInFile {
  id: string;
  name: string;
  node: string;
  carrier: Carrier;
  item?: string | null;
  parent?: string | null;
  plus: string[];
  minus?: string[] | null;
}

/** What an estate file says, in the form in which the catalogue keeps it. */
export interface EstateEntries {
  /** null: the file does not say. */
  timezone: string | null;
  nodes: Node[];
  meters: MeterEntry[];
  virtuals: VirtualMeter[];
  gateways: Gateway[];
  profiles: StoredProfile[];
}

/** What is wrong with a payload profile, one sentence each; `field.path: sentence` names the place. */
export type ValidateProfile = (value: unknown) => string[];

/**
 * Reads an estate file against the catalogue that it is to be applied to.
 * @throws EstateFileError with everything that is wrong in the file, or would be wrong once it is applied.
 */
export function readEstateFile(
  document: EstateDocument,
  estate: Estate,
  validateProfile: ValidateProfile,
): EstateEntries {
  const issues = new Issues();
  const file = readFields(FILE, document.value, [], issues) ?? {};
  const zone = readZone(file.timezone, issues);
  const nodes = drafts(file.nodes, 'nodes', (value, path) => readNode(value, path, issues));
  const meters = drafts(file.meters, 'meters', (value, path) =>
    readMeterEntry(value, path, zone ?? estate.zone, issues),
  );
  const virtuals = drafts(file.virtual, 'virtual', (value, path) => readVirtual(value, path, issues));
  const gateways = drafts(file.gateways, 'gateways', (value, path) => readGateway(value, path, issues));
  const profiles = drafts(file.profiles, 'profiles', (value, path) =>
    readProfile(value, path, validateProfile, issues),
  );
  checkEstate({ nodes, meters, virtuals, gateways, profiles }, estate, issues);
  issues.throwIfAny(document);
  // Nothing was found, so every draft is a whole entry.
  return {
    timezone: zone?.name ?? null,
    nodes: nodes.map((d) => d.entry as Node),
    meters: meters.map((d) => d.entry as MeterEntry),
    virtuals: virtuals.map((d) => d.entry as VirtualMeter),
    gateways: gateways.map((d) => d.entry as Gateway),
    profiles: profiles.map((d) => d.entry as StoredProfile),
  };
}

function drafts<T>(
  list: readonly unknown[] | undefined,
  name: string,
  read: (value: unknown, path: FilePath) => Loose<T> | null,
): Draft<T>[] {
  return (list ?? []).flatMap((value, i) => {
    const path = [name, i];
    const entry = read(value, path);
    return entry === null ? [] : [{ path, entry }];
  });
}

function readZone(name: string | undefined, issues: Issues): Zone | null {
  if (name === undefined) return null;
  try {
    return zoneOf(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    issues.add(['timezone'], `${JSON.stringify(name)} is not a time zone; one is Asia/Shanghai`);
    return null;
  }
}

export function checkAttributeName(name: string, path: FilePath, issues: Issues): void {
  if (/^[a-z][a-z0-9_]{0,63}$/.test(name)) return;
  issues.add(path, 'the name of an attribute has a–z 0–9 _, begins with a letter and ends within 64');
}

function readNode(value: unknown, path: FilePath, issues: Issues): Loose<Node> | null {
  const f = readFields(NODE, value, path, issues);
  if (f === null) return null;
  const attributes = noAttributes();
  for (const [name, values] of Object.entries(f.attributes ?? {})) {
    const at = [...path, 'attributes', name];
    checkAttributeName(name, at, issues);
    const dated = readDatedValues(name, values, at, issues);
    if (dated.length > 0) attributes[name] = dated;
  }
  const { classification: said, ...rest } = f;
  const at = [...path, 'classification'];
  const classification = said == null ? null : readClassification(said, at, issues);
  return { ...rest, parent: f.parent ?? null, attributes, ...(classification && { classification }) };
}

/** @returns null where nothing is said. */
export function readClassification(value: unknown, path: FilePath, issues: Issues): Classification | null {
  const f = readFields(CLASSIFICATION, value, path, issues);
  const { type = null, level = null, zone = null, region = null } = f ?? UNCLASSIFIED;
  return type || level || zone || region ? { type, level, zone, region } : null;
}

/** The values of an attribute in order of their date. */
export function readDatedValues(name: string, values: unknown, path: FilePath, issues: Issues): DatedValue[] {
  if (!Array.isArray(values)) {
    issues.add(path, `must be a list of { from: date, value: number }, not ${what(values)}`);
    return [];
  }
  const dates = new Map<string, number>();
  const out: DatedValue[] = [];
  for (const [i, value] of values.entries()) {
    const at = [...path, i];
    const f = readFields(DATED_VALUE, value, at, issues);
    if (f === null) continue;
    if (f.value !== undefined && f.value < 0 && isCount(name)) {
      issues.add([...at, 'value'], 'must not be negative');
    }
    if (f.from === undefined) continue;
    const first = dates.get(f.from);
    if (first !== undefined) issues.add([...at, 'from'], `${f.from} is the date of [${first}] already`);
    else dates.set(f.from, i);
    if (f.value !== undefined)
      out.push({ from: f.from, value: f.value, ...(f.source && { source: f.source }) });
  }
  return out.sort((a, b) => (a.from < b.from ? -1 : 1));
}

function readVirtual(value: unknown, path: FilePath, issues: Issues): Loose<VirtualMeter> | null {
  const f = readFields(VIRTUAL, value, path, issues);
  return f === null ? null : { ...f, item: f.item ?? null, parent: f.parent ?? null, plus: f.plus };
}

function readGateway(value: unknown, path: FilePath, issues: Issues): Loose<Gateway> | null {
  const f = readFields(GATEWAY, value, path, issues);
  return f === null ? null : { ...f, node: f.node ?? null };
}

function readProfile(
  value: unknown,
  path: FilePath,
  validate: ValidateProfile,
  issues: Issues,
): Loose<StoredProfile> | null {
  if (!isMapping(value)) {
    issues.add(path, `must be a mapping, not ${what(value)}`);
    return null;
  }
  readField(PROFILE_ID, value.id, [...path, 'id'], issues);
  const kept = jsonCopy(value, path, new Set(), issues) as StoredProfile;
  for (const sentence of validate(kept)) {
    const { at, message } = placed(sentence, kept);
    issues.add([...path, ...at], message);
  }
  return kept;
}

const DEEPEST = 32;

/** A copy that JSON can say; where the value has something else, an issue. */
function jsonCopy(value: unknown, path: FilePath, above: Set<unknown>, issues: Issues): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  // −0 is 0 in JSON.
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'object') {
    issues.add(path, `must be a finite number, text, true, false or null, not ${what(value)}`);
    return null;
  }
  if (above.has(value) || above.size >= DEEPEST) {
    issues.add(path, above.has(value) ? 'contains itself' : `is nested more than ${DEEPEST} deep`);
    return null;
  }
  above.add(value);
  const copy = Array.isArray(value)
    ? value.map((v, i) => jsonCopy(v, [...path, i], above, issues))
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, v]) => v !== undefined)
          .map(([key, v]) => [key, jsonCopy(v, [...path, key], above, issues)]),
      );
  above.delete(value);
  return copy;
}

/** Splits `field.path[0]: sentence` where the value has such a place, or almost. */
function placed(sentence: string, value: unknown): { at: FilePath; message: string } {
  const m = /^([A-Za-z_][\w.[\]-]*): (.*)$/s.exec(sentence);
  if (!m) return { at: [], message: sentence };
  const at = (m[1] as string)
    .split(/[.[\]]+/)
    .filter((key) => key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const known = isMapping(value) && at.length > 0 && Object.hasOwn(value, String(at[0]));
  return known || at.length === 1 ? { at, message: m[2] as string } : { at: [], message: sentence };
}
