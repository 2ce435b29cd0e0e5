import { numeric } from '../checks.ts';
import { BUILTIN_PROFILES } from './builtin.ts';
import { follow, type Path, parsePath, type Scope } from './path.ts';
import { type Condition, type Profile, type ReadingRule, topicsOf, validateProfile } from './schema.ts';
import { SparkplugSessions } from './sparkplug.ts';
import { parseTemplate, type TemplatePart } from './template.ts';
import { parseTimeFormat, type TimeReader } from './timeformat.ts';
import { filterOf, isSpecific, matchTopic, parseTopicPattern, type TopicPattern } from './topics.ts';

export type Levels = ReadonlyMap<string, string>;
export type Holds = (scope: Scope, levels: Levels) => boolean;

export interface CompiledRule {
  where: Holds;
  address: TemplatePart[];
  values: Path[];
  times: Path[];
  readTime: TimeReader;
  arrivalIfTimeInvalid: boolean;
  unit: string | Path | null;
  scale: number;
  optional: boolean;
  skipAbsent: boolean;
  /** The first path of the value, to name the place of a fault. */
  place: string;
}

export interface CompiledProfile {
  id: string;
  format: Profile['format'];
  patterns: TopicPattern[];
  when: Holds | null;
  ignore: Holds;
  each: Path | null;
  rules: CompiledRule[];
  reply: { topic: TemplatePart[]; payload: TemplatePart[] } | null;
}

export interface Match {
  profile: CompiledProfile;
  levels: Levels;
  /** The pattern names a level of the topic, so a payload that cannot be read is a fault of the device. */
  specific: boolean;
}

/** Topics whose profiles are remembered; an estate has one or a few per device. */
const REMEMBERED_TOPICS = 10_000;
export const PROFILE_LIMIT = 500;

export class CompiledProfiles {
  /** What Sparkplug nodes have said about their aliases; outlives a change of the profiles. */
  readonly sessions: SparkplugSessions;
  readonly #profiles: readonly CompiledProfile[];
  readonly #matches = new Map<string, readonly Match[]>();

  constructor(profiles: readonly CompiledProfile[], sessions: SparkplugSessions) {
    this.#profiles = profiles;
    this.sessions = sessions;
  }

  /** The profiles whose pattern fits a topic, in the order in which they are tried. */
  match(topic: string): readonly Match[] {
    const known = this.#matches.get(topic);
    if (known) return known;
    const levels = topic.split('/');
    const found: Match[] = [];
    for (const profile of this.#profiles) {
      for (const pattern of profile.patterns) {
        const named = matchTopic(pattern, levels);
        if (!named) continue;
        found.push({ profile, levels: named, specific: isSpecific(pattern) });
        break;
      }
    }
    if (this.#matches.size >= REMEMBERED_TOPICS) this.#matches.clear();
    this.#matches.set(topic, found);
    return found;
  }

  /** Topics whose messages are answered on this one; those of which every level is known from it. */
  questions(levels: readonly string[]): string[] {
    const found: string[] = [];
    for (const { reply, patterns } of this.#profiles) {
      const named = reply && namedBy(reply.topic, levels);
      if (!named) continue;
      for (const { head, rest } of patterns) {
        const topic = head.map((level) => ('literal' in level ? level.literal : named.get(level.name)));
        if (rest === null && topic.every((level) => level !== undefined)) found.push(topic.join('/'));
      }
    }
    return found;
  }

  /** Topic filters of what devices are answered. */
  answers(): string[] {
    return this.#profiles.flatMap(({ reply }) =>
      reply ? [reply.topic.map((part) => (part.kind === 'text' ? part.text : '+')).join('')] : [],
    );
  }

  /**
   * MQTT topic filters of everything that a profile can make something of. A pattern without any literal
   * level (`#`, `+`) is left out: subscribing to all of somebody else's broker is for a person to decide, by
   * a profile that names the topic.
   */
  filters(): string[] {
    const found = new Set<string>();
    for (const profile of this.#profiles) {
      if (profile.rules.length === 0 && !profile.reply) continue;
      for (const pattern of profile.patterns) {
        const filter = filterOf(pattern);
        if (/[^+#/]/.test(filter)) found.add(filter);
      }
    }
    return [...found];
  }
}

/**
 * Compiles the profiles of an estate together with the built-in ones. The estate's come first, so they win
 * over a built-in one for the same topic; one with the id of a built-in profile takes its place.
 * @param sessions kept from before, so that Sparkplug nodes need not be born again
 * @throws Error that lists every error of every profile, e.g. `profiles[2].readings[0].value: …`
 */
export function compileProfiles(
  profiles: readonly unknown[] = [],
  sessions: SparkplugSessions = new SparkplugSessions(),
): CompiledProfiles {
  const errors = profiles.flatMap((p, i) => validateProfile(p).map((e) => `profiles[${i}].${e}`));
  if (profiles.length > PROFILE_LIMIT)
    errors.push(`profiles: ${profiles.length}, at most ${PROFILE_LIMIT} are taken`);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const own = profiles as readonly Profile[];
  const replaced = new Set(own.map((p) => p.id));
  const all = [...own, ...BUILTIN_PROFILES.filter((p) => !replaced.has(p.id))];
  return new CompiledProfiles(all.map(compile), sessions);
}

function compile(profile: Profile): CompiledProfile {
  const { reply } = profile;
  return {
    id: profile.id,
    format: profile.format,
    patterns: topicsOf(profile).map(parseTopicPattern),
    when: profile.when ? every(profile.when) : null,
    ignore: some(profile.ignore ?? []),
    each: profile.each === undefined ? null : parsePath(profile.each),
    rules: profile.readings.map(compileRule),
    reply: reply ? { topic: parseTemplate(reply.topic), payload: parseTemplate(reply.payload) } : null,
  };
}

function compileRule(rule: ReadingRule): CompiledRule {
  const values = list(rule.value).map(parsePath);
  return {
    where: every(rule.where ?? []),
    address: parseTemplate(rule.address),
    values,
    times: rule.time === undefined ? [] : list(rule.time).map(parsePath),
    readTime: parseTimeFormat(rule.timeFormat ?? 'auto'),
    arrivalIfTimeInvalid: rule.arrivalIfTimeInvalid ?? false,
    unit:
      rule.unit === undefined ? null : typeof rule.unit === 'string' ? rule.unit : parsePath(rule.unit.path),
    scale: rule.scale ?? 1,
    optional: rule.optional ?? false,
    skipAbsent: rule.absent === 'skip',
    place: (values[0] as Path).text,
  };
}

function every(conditions: readonly Condition[]): Holds {
  const compiled = conditions.map(condition);
  return (scope, levels) => compiled.every((holds) => holds(scope, levels));
}

function some(conditions: readonly Condition[]): Holds {
  const compiled = conditions.map(condition);
  return (scope, levels) => compiled.some((holds) => holds(scope, levels));
}

function condition(c: Condition): Holds {
  const path = c.path === undefined ? null : parsePath(c.path);
  const level = c.level ?? '';
  const contains = c.contains?.toLowerCase();
  const holds = (value: unknown): boolean => {
    if (c.exists !== undefined && (value !== undefined && value !== null) !== c.exists) return false;
    if (c.numeric !== undefined && Number.isFinite(numeric(value)) !== c.numeric) return false;
    if (c.equals !== undefined && value !== c.equals) return false;
    if (c.in !== undefined && !c.in.some((v) => v === value)) return false;
    if (c.startsWith !== undefined && !(typeof value === 'string' && value.startsWith(c.startsWith)))
      return false;
    return contains === undefined || (typeof value === 'string' && value.toLowerCase().includes(contains));
  };
  const wanted = c.not !== true;
  return (scope, levels) => holds(path ? follow(path, scope) : levels.get(level)) === wanted;
}

/** The named levels of a topic that a reply was made for; null where it was not, or one that it takes from elsewhere. */
function namedBy(reply: readonly TemplatePart[], levels: readonly string[]): Map<string, string> | null {
  const text = reply.map((part) =>
    part.kind === 'text' ? part.text : part.kind === 'level' ? `+${part.name}` : '+',
  );
  try {
    return matchTopic(parseTopicPattern(text.join('')), levels);
  } catch {
    // A name in the middle of a level: who would hear the answer cannot be told from its topic.
    return null;
  }
}

function list(one: string | readonly string[]): readonly string[] {
  return typeof one === 'string' ? [one] : one;
}
