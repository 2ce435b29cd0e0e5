/**
 * Topic patterns of payload profiles: literal levels, `+` one level, `+name` one level with a name, and at
 * most one `#` or `#name`, which stands for any number of levels, none included, and may stand anywhere.
 * A leading slash is an empty first level, as in MQTT.
 */
export interface TopicPattern {
  text: string;
  head: readonly Level[];
  /** Name of the `#` part ('' without one), or null when the pattern has none. */
  rest: string | null;
  tail: readonly Level[];
}

type Level = { literal: string } | { name: string };

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/** @throws Error that names the level at fault. */
export function parseTopicPattern(text: string): TopicPattern {
  const head: Level[] = [];
  const tail: Level[] = [];
  const names = new Set<string>();
  let rest: string | null = null;
  const named = (level: string): string => {
    const name = level.slice(1);
    if (name !== '' && !NAME.test(name)) throw new Error(`level ${level}: a name has letters, digits and _`);
    if (names.has(name)) throw new Error(`level ${level}: the name stands twice`);
    if (name !== '') names.add(name);
    return name;
  };
  if (text === '') throw new Error('a topic pattern is not empty');
  for (const level of text.split('/')) {
    if (level.startsWith('#')) {
      if (rest !== null) throw new Error(`level ${level}: # may stand only once`);
      rest = named(level);
      continue;
    }
    if (/[+#]/.test(level.slice(1))) throw new Error(`level ${level}: + and # stand at the start of a level`);
    const to = rest === null ? head : tail;
    to.push(level.startsWith('+') ? { name: named(level) } : { literal: level });
  }
  return { text, head, rest, tail };
}

/** The named levels of a topic, or null when it does not match. */
export function matchTopic(pattern: TopicPattern, levels: readonly string[]): Map<string, string> | null {
  const { head, rest, tail } = pattern;
  const fixed = head.length + tail.length;
  if (rest === null ? levels.length !== fixed : levels.length < fixed) return null;
  const found = new Map<string, string>();
  const fits = (wanted: readonly Level[], offset: number): boolean =>
    wanted.every((level, i) => {
      const actual = levels[offset + i] as string;
      if ('literal' in level) return level.literal === actual;
      if (level.name !== '') found.set(level.name, actual);
      return true;
    });
  if (!fits(head, 0) || !fits(tail, levels.length - tail.length)) return null;
  if (rest) found.set(rest, levels.slice(head.length, levels.length - tail.length).join('/'));
  return found;
}

/** Whether a pattern names at least one level, so that it says something about the device. */
export function isSpecific(pattern: TopicPattern): boolean {
  return [...pattern.head, ...pattern.tail].some((level) => 'literal' in level);
}

/** The names that a pattern gives to levels. */
export function namesOf(pattern: TopicPattern): Set<string> {
  const names = new Set<string>();
  for (const level of [...pattern.head, ...pattern.tail])
    if ('name' in level && level.name) names.add(level.name);
  if (pattern.rest) names.add(pattern.rest);
  return names;
}

/** The MQTT topic filter that covers the pattern; `#` in the middle widens to the end. */
export function filterOf(pattern: TopicPattern): string {
  const levels = pattern.head.map((level) => ('literal' in level ? level.literal : '+'));
  if (pattern.rest !== null) levels.push('#');
  return levels.join('/');
}
