import { follow, type Path, parsePath, type Scope, starsOf } from './path.ts';

/** Text with parts of the topic and the payload in braces: `{topic.device}/{key.1}/{meter.id}`. */
export type TemplatePart =
  | { kind: 'text'; text: string }
  | { kind: 'level'; name: string }
  | { kind: 'key'; star: number }
  | { kind: 'path'; path: Path };

/** A brace with a quotation mark behind it is JSON, so that a reply can be written as it is sent. */
const HOLE = /\{(?!\s*["}])([^{}]*)\}/g;

/** @throws Error that names the part at fault. */
export function parseTemplate(source: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of source.matchAll(HOLE)) {
    if (match.index > from) parts.push({ kind: 'text', text: source.slice(from, match.index) });
    from = match.index + match[0].length;
    const inside = match[1] as string;
    if (inside.startsWith('topic.')) parts.push({ kind: 'level', name: inside.slice(6) });
    else if (/^key\.\d$/.test(inside)) parts.push({ kind: 'key', star: Number(inside.slice(4)) });
    else {
      const path = parsePath(inside);
      if (starsOf(path) > 0) throw new Error(`{${inside}}: "*" may stand only in \`each\``);
      parts.push({ kind: 'path', path });
    }
  }
  if (from < source.length) parts.push({ kind: 'text', text: source.slice(from) });
  return parts;
}

/** The text with its parts filled in, or null when one of them is missing or no text or number. */
export function fill(
  parts: readonly TemplatePart[],
  scope: Scope,
  levels: ReadonlyMap<string, string>,
): string | null {
  let out = '';
  for (const part of parts) {
    if (part.kind === 'text') {
      out += part.text;
      continue;
    }
    const value: unknown =
      part.kind === 'level'
        ? levels.get(part.name)
        : part.kind === 'key'
          ? scope.keys[part.star - 1]
          : follow(part.path, scope);
    if (typeof value === 'string') out += value.trim();
    else if (typeof value === 'number') out += String(value);
    else return null;
  }
  return out;
}
