import { z } from 'zod';
import { CLIMATE_ZONES, INSTITUTION_LEVELS, INSTITUTION_TYPES } from '../domain/classification.ts';
import { CARRIERS, DIRECTIONS, NODE_KINDS, REGISTER_KINDS } from '../domain/meter.ts';
import type { FilePath, Issues } from './estate-document.ts';

/** The fields of the estate file one by one; what has to agree between them is checked elsewhere. */

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A–Z a–z 0–9 . _ -');

/** Lone surrogates and control characters do not survive a database or a printout. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

const positive = number().refine((n) => n > 0, 'must be greater than 0');
const notNegative = number().refine((n) => n >= 0, 'must not be negative');

function number() {
  // −0 would come back from a file as 0 and look like a change.
  return z.number().transform((n) => (n === 0 ? 0 : n));
}

function listOrNothing() {
  return z
    .array(z.unknown())
    .nullish()
    .transform((list) => list ?? []);
}

export const FILE = {
  version: z.literal(1),
  timezone: text(64).optional(),
  nodes: listOrNothing(),
  meters: listOrNothing(),
  virtual: listOrNothing(),
  gateways: listOrNothing(),
  profiles: listOrNothing(),
};

export const NODE = {
  id,
  name: text(200),
  kind: z.enum(NODE_KINDS),
  parent: id.nullish(),
  attributes: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((record) => record ?? {}),
  classification: z.unknown(),
};

export const DATED_VALUE = {
  from: z.string().refine(isDate, 'must be a date like 2026-01-31'),
  value: number(),
  source: text(500).nullish(),
};

export const CLASSIFICATION = {
  type: z.enum(INSTITUTION_TYPES).nullish(),
  level: z.enum(INSTITUTION_LEVELS).nullish(),
  zone: z.enum(CLIMATE_ZONES).nullish(),
  region: z
    .string()
    .regex(/^\d{6}$/, 'must be the 6 digits of GB/T 2260, like "320100"')
    .nullish(),
};

const item = z
  .string()
  .regex(/^\d{2}[0-9A-Z]{3}$/, 'must be a sub-item code of two digits and three of 0–9 A–Z, like "01A10"')
  .nullish();

export const METER = {
  id,
  name: text(200),
  node: id,
  carrier: z.enum(CARRIERS),
  item,
  parent: id.nullish(),
  register: z.enum(REGISTER_KINDS).optional(),
  unit: text(16).optional(),
  direction: z.enum(DIRECTIONS).optional(),
  volatile: z.boolean().optional(),
  multiplier: positive.optional(),
  rollover_at: positive.nullish(),
  max_rate: positive.nullish(),
  interval_s: z
    .number()
    .refine(
      (n) => Number.isInteger(n) && n >= 1 && n <= 31_622_400,
      'must be a whole number of seconds from 1 to 31622400',
    )
    .optional(),
  interval_label: z.enum(['start', 'end']).optional(),
  address: text(128).nullish(),
  from: z.string().nullish(),
  initial: notNegative.nullish(),
  exchanges: listOrNothing(),
};

export const EXCHANGE = {
  at: z.string(),
  final: notNegative.nullish(),
  initial: notNegative.nullish(),
  continues: z.boolean().optional(),
  multiplier: positive.optional(),
  rollover_at: positive.nullish(),
  max_rate: positive.nullish(),
  note: text(500).nullish(),
};

export const VIRTUAL = {
  id,
  name: text(200),
  node: id,
  carrier: z.enum(CARRIERS),
  item,
  parent: id.nullish(),
  plus: z.array(id),
  minus: z
    .array(id)
    .nullish()
    .transform((list) => list ?? []),
};

export const GATEWAY = { id, name: text(200), node: id.nullish() };

/** What the catalogue itself wants of a payload profile. */
export const PROFILE_ID = id;

type Shape = Record<string, z.ZodType>;

/** The fields that could be read; those that are wrong or absent are undefined. */
export type Fields<S extends Shape> = { [K in keyof S]?: z.output<S[K]> | undefined };

/** Something of which any part may be missing. */
export type Loose<T> = { [K in keyof T]?: T[K] | undefined };

/**
 * Reads field by field, so that one wrong field hides no mistake in the others.
 * @returns null when the value has no fields at all.
 */
export function readFields<S extends Shape>(
  shape: S,
  value: unknown,
  path: FilePath,
  issues: Issues,
): Fields<S> | null {
  if (!isMapping(value)) {
    issues.add(path, `must be a mapping with the keys ${Object.keys(shape).join(', ')}, not ${what(value)}`);
    return null;
  }
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(shape, key)) continue;
    issues.add([...path, key], `unknown key; the keys here are ${Object.keys(shape).join(', ')}`);
  }
  const fields: Fields<S> = {};
  for (const key of Object.keys(shape) as (keyof S & string)[]) {
    const field = readField(shape[key] as S[typeof key], value[key], [...path, key], issues);
    if (field !== undefined) fields[key] = field;
  }
  return fields;
}

export function readField<T extends z.ZodType>(
  schema: T,
  value: unknown,
  path: FilePath,
  issues: Issues,
): z.output<T> | undefined {
  const result = schema.safeParse(value, { error: sentence });
  if (result.success) return result.data;
  for (const issue of result.error.issues) issues.add([...path, ...issue.path.map(segment)], issue.message);
  return undefined;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function what(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  return typeof value === 'string' ? 'text' : `${typeof value} ${String(value)}`;
}

/** What zod found, in the words of this file's other messages. */
function sentence(issue: z.core.$ZodRawIssue): string {
  const { input } = issue;
  if (input === undefined) return 'is missing';
  if (issue.code === 'invalid_value') {
    const shown = typeof input === 'string' ? JSON.stringify(input) : what(input);
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}, not ${shown}`;
  }
  if (issue.code !== 'invalid_type') return issue.message ?? 'is not valid';
  if (issue.expected === 'string') {
    const quoted = typeof input === 'number' || typeof input === 'boolean';
    return `must be text${quoted ? `, in quotes: "${String(input)}"` : `, not ${what(input)}`}`;
  }
  const wanted = { number: 'a number', array: 'a list', record: 'a mapping', boolean: 'true or false' }[
    issue.expected as string
  ];
  return `must be ${wanted ?? issue.expected}, not ${what(input)}`;
}

function segment(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

function isDate(value: string): boolean {
  const m = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (!m) return false;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1900 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
