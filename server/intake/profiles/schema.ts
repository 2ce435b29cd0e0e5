import { z } from 'zod';
import { parsePath, starsOf } from './path.ts';
import { parseTemplate } from './template.ts';
import { parseTimeFormat } from './timeformat.ts';
import { namesOf, parseTopicPattern } from './topics.ts';

/** A payload profile: where a family of devices puts meter, time, value and unit. Data, not code. */

const text = (max: number) => z.string().min(1).max(max);

/** A string that one of our parsers must be able to read; what it throws becomes the error. */
const parsed = (max: number, parse: (input: string) => unknown) =>
  text(max).superRefine((input, issues) => {
    try {
      parse(input);
    } catch (error) {
      issues.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  });

const path = parsed(500, (input) => {
  if (starsOf(parsePath(input)) > 0) throw new Error('"*" may stand only in `each`');
});
const eachPath = parsed(500, (input) => {
  const { start, steps } = parsePath(input);
  if (start === 'here' || start === 'root') {
    const stars = starsOf({ text: input, start, steps });
    if (stars === 0) throw new Error('a path with at least one "*" is wanted, e.g. batch.*');
    if (stars > 4) throw new Error('at most four "*" are taken');
  } else throw new Error('`each` starts at the payload');
});
const template = parsed(500, parseTemplate);
const scalar = z.union([z.string().max(500), z.number(), z.boolean(), z.null()]);

const test = {
  exists: z.boolean().optional(),
  numeric: z.boolean().optional(),
  equals: scalar.optional(),
  in: z.array(scalar).min(1).max(200).optional(),
  startsWith: text(200).optional(),
  /** Upper and lower case count the same. */
  contains: text(200).optional(),
  /** Turns the whole condition round. */
  not: z.boolean().optional(),
};

/** What must hold of a value of the payload (`path`) or of a named level of the topic (`level`). */
export const Condition = z
  .strictObject({ path: path.optional(), level: text(64).optional(), ...test })
  .superRefine((c, issues) => {
    if ((c.path === undefined) === (c.level === undefined)) {
      issues.addIssue({ code: 'custom', message: 'exactly one of path and level is wanted' });
    }
    const tests = [c.exists, c.numeric, c.equals, c.in, c.startsWith, c.contains];
    if (tests.every((t) => t === undefined)) {
      issues.addIssue({
        code: 'custom',
        message: 'one of exists, numeric, equals, in, startsWith, contains is wanted',
      });
    }
  });
export type Condition = z.infer<typeof Condition>;

export const ReadingRule = z.strictObject({
  /** The rule holds only where all of these do. */
  where: z.array(Condition).max(20).optional(),
  /** Address of the meter: text with `{topic.NAME}`, `{key.1}` (key of the first star) and `{path}`. */
  address: template,
  /** Several paths are added up, e.g. three phases; all of them must be there. */
  value: z.union([path, z.array(path).min(1).max(24)]),
  /** Several paths: the first that is there. Absent: the time of arrival. */
  time: z.union([path, z.array(path).min(1).max(8)]).optional(),
  /** auto (what the native topics take), seconds, milliseconds, microseconds, or a pattern such as YYYY/MM/DD HH:mm:ss in the estate's time zone. */
  timeFormat: parsed(40, parseTimeFormat).optional(),
  /** A device whose clock is not set sends a reading all the same: its arrival counts. */
  arrivalIfTimeInvalid: z.boolean().optional(),
  /** Unit of the value, or where the payload says it. Absent: the meter's unit. */
  unit: z.union([text(32), z.strictObject({ path })]).optional(),
  scale: z
    .number()
    .refine((n) => Number.isFinite(n) && n !== 0, 'a finite number other than 0')
    .optional(),
  /** Skipped in silence where the estate has no such meter. */
  optional: z.boolean().optional(),
  /** What a message without the value means: nothing (skip), or a fault (reject, the default). */
  absent: z.enum(['skip', 'reject']).optional(),
});
export type ReadingRule = z.infer<typeof ReadingRule>;

const topicPattern = parsed(500, parseTopicPattern);

export const Profile = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits and . _ - only, at most 64'),
    name: text(200),
    topic: z.union([topicPattern, z.array(topicPattern).min(1).max(20)]),
    format: z.enum(['json', 'text', 'sparkplug']),
    /** The profile is meant only where all of these hold; otherwise the next one is tried. */
    when: z.array(Condition).max(20).optional(),
    /** The message carries no reading where one of these holds. */
    ignore: z.array(Condition).max(50).optional(),
    /** Elements to take one after the other, e.g. `batch.*`. */
    each: eachPath.optional(),
    /** None: messages of this topic carry no readings. */
    readings: z.array(ReadingRule).max(100),
    /** What the device waits to be told. */
    reply: z.strictObject({ topic: template, payload: parsed(4000, parseTemplate) }).optional(),
  })
  .superRefine((profile, issues) => {
    const patterns = topicsOf(profile).flatMap((t) => {
      try {
        return [parseTopicPattern(t)];
      } catch {
        return []; // reported at its own place already
      }
    });
    const names = patterns.map(namesOf);
    const needs = (name: string, where: (string | number)[]): void => {
      if (names.every((n) => n.has(name))) return;
      issues.addIssue({ code: 'custom', path: where, message: `no topic level is named ${name}` });
    };
    const levels = (conditions: readonly Condition[] | undefined, at: (string | number)[]): void => {
      conditions?.forEach((c, i) => {
        if (c.level !== undefined) needs(c.level, [...at, i, 'level']);
      });
    };
    levels(profile.when, ['when']);
    levels(profile.ignore, ['ignore']);
    if (profile.format === 'sparkplug') for (const n of ['group', 'type', 'node']) needs(n, ['topic']);
    const inTemplate = (source: string, at: (string | number)[]): void => {
      let parts: ReturnType<typeof parseTemplate>;
      try {
        parts = parseTemplate(source);
      } catch {
        return;
      }
      for (const part of parts) if (part.kind === 'level') needs(part.name, at);
    };
    profile.readings.forEach((rule, i) => {
      levels(rule.where, ['readings', i, 'where']);
      inTemplate(rule.address, ['readings', i, 'address']);
    });
    if (profile.reply) {
      inTemplate(profile.reply.topic, ['reply', 'topic']);
      inTemplate(profile.reply.payload, ['reply', 'payload']);
    }
  });
export type Profile = z.infer<typeof Profile>;

export function topicsOf(profile: Pick<Profile, 'topic'>): string[] {
  return Array.isArray(profile.topic) ? profile.topic : [profile.topic];
}

/** Every error of a profile with its path, e.g. `readings[0].value: …`; none when it can be used. */
export function validateProfile(value: unknown): string[] {
  const result = Profile.safeParse(value);
  if (result.success) return [];
  return flatten(result.error.issues, []);
}

type Issue = z.core.$ZodIssue;

function flatten(issues: readonly Issue[], base: PropertyKey[]): string[] {
  return issues.flatMap((issue) => {
    const at = [...base, ...issue.path];
    // Of a "string or list" the branch that fits the value's shape tells what is wrong.
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const deepest = issue.errors.reduce((a, b) => (rank(b) > rank(a) ? b : a));
      return flatten(deepest, at);
    }
    return [`${placeOf(at)}: ${issue.message}`];
  });
}

function rank(issues: readonly Issue[]): number {
  return Math.max(...issues.map((i) => (i.code === 'invalid_type' ? 0 : 1) + i.path.length));
}

function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'profile';
  return path
    .map((p, i) => (typeof p === 'number' ? `[${p}]` : `${i === 0 ? '' : '.'}${String(p)}`))
    .join('');
}
