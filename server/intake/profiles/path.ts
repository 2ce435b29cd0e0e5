/**
 * Paths into a payload, compiled once.
 *
 *   ENERGY.Total              keys, separated by dots; any script, blanks inside allowed
 *   params["em:0"]  ["ts "]   keys with dots, brackets or blanks at an end
 *   batch[0]                  an element of an array
 *   properties[key=A相电流]    the first element of an array whose field has that text (blanks at the ends
 *                             do not count); `[key="a]b"]` for texts with brackets
 *   *                         every element of an array, every value of an object (only in `each`)
 *
 * A path starts where `each` has led to. `$` starts at the whole payload, `@` is the element itself, `@1` the
 * element that the first `*` of `each` stands at.
 */

export interface Scope {
  root: unknown;
  /** Elements that the stars of `each` stand at, outermost first. */
  elements: unknown[];
  /** The key or index of each of them. */
  keys: string[];
  /**
   * Where paths that look through an array led last, and from where: the same for all elements of one `each`, each of
   * which would look through it again.
   */
  found?: Map<Path, { from: unknown; value: unknown }>;
}

type Step =
  | { kind: 'key'; key: string }
  | { kind: 'index'; index: number }
  | { kind: 'select'; key: string; equals: string }
  | { kind: 'all' };

export interface Path {
  text: string;
  /** 'here': the innermost element; a number: the element of that star, from 1. */
  start: 'root' | 'here' | number;
  steps: readonly Step[];
}

/** Elements that `[key=…]` looks at; it keeps a made-up payload from costing the square of its size. */
const SELECT_LIMIT = 1000;

/** @throws Error that says where the text is no path. */
export function parsePath(text: string): Path {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${JSON.stringify(text)} is no path: ${what} at character ${at + 1}`);
  };
  const steps: Step[] = [];
  let start: Path['start'] = 'here';
  if (text[0] === '$') {
    start = 'root';
    at = 1;
  } else if (text[0] === '@') {
    at = 1;
    let digits = '';
    while (at < text.length && isDigit(text[at])) digits += text[at++];
    if (digits !== '') start = Number(digits);
    if (start === 0) fail('stars are counted from 1');
  }
  const quoted = (): string => {
    const end = closingQuote(text, at);
    if (end < 0) return fail('a quotation mark is not closed');
    const inside: unknown = JSON.parse(text.slice(at, end + 1));
    at = end + 1;
    return String(inside);
  };
  const bracket = (): void => {
    at++;
    if (text[at] === '"') steps.push({ kind: 'key', key: quoted() });
    else {
      const from = at;
      while (at < text.length && text[at] !== ']' && text[at] !== '=') at++;
      const name = text.slice(from, at);
      if (text[at] === '=') {
        at++;
        let equals: string;
        if (text[at] === '"') equals = quoted();
        else {
          const begin = at;
          while (at < text.length && text[at] !== ']') at++;
          equals = text.slice(begin, at);
        }
        if (name === '') fail('the field before "=" is missing');
        steps.push({ kind: 'select', key: name, equals: equals.trim() });
      } else if (name !== '' && [...name].every(isDigit)) steps.push({ kind: 'index', index: Number(name) });
      else fail('expected a number, "key" or field=text in brackets');
    }
    if (text[at] !== ']') fail('"]" is missing');
    at++;
  };
  const key = (): void => {
    const from = at;
    while (at < text.length && text[at] !== '.' && text[at] !== '[') {
      if (text[at] === ']' || text[at] === '"') fail(`unexpected ${text[at]}`);
      at++;
    }
    const name = text.slice(from, at);
    if (name === '') fail('a key is missing');
    if (name !== name.trim()) fail('a key with a blank at its end must be written as ["key "]');
    steps.push(name === '*' ? { kind: 'all' } : { kind: 'key', key: name });
  };
  if (text === '') fail('it is empty');
  if (at === 0) {
    if (text[0] === '[') bracket();
    else key();
  }
  while (at < text.length) {
    if (text[at] === '[') bracket();
    else if (text[at] === '.') {
      at++;
      key();
    } else fail(`expected "." or "[", got ${text[at]}`);
  }
  return { text, start, steps };
}

/** The value that a path leads to, or undefined. */
export function follow(path: Path, scope: Scope): unknown {
  const from: unknown =
    path.start === 'root'
      ? scope.root
      : path.start === 'here'
        ? scope.elements.length > 0
          ? scope.elements[scope.elements.length - 1]
          : scope.root
        : scope.elements[path.start - 1];
  if (!scope.found || !path.steps.some((step) => step.kind === 'select')) return lead(path, from);
  const known = scope.found.get(path);
  if (known && known.from === from) return known.value;
  const value = lead(path, from);
  scope.found.set(path, { from, value });
  return value;
}

function lead(path: Path, from: unknown): unknown {
  let at = from;
  for (const step of path.steps) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = take(step, at);
  }
  return at;
}

function take(step: Step, from: object): unknown {
  switch (step.kind) {
    case 'key':
      return Object.hasOwn(from, step.key) ? (from as Record<string, unknown>)[step.key] : undefined;
    case 'index':
      return Array.isArray(from) ? (from[step.index] as unknown) : undefined;
    case 'select': {
      if (!Array.isArray(from)) return undefined;
      const end = Math.min(from.length, SELECT_LIMIT);
      for (let i = 0; i < end; i++) {
        const element: unknown = from[i];
        if (typeof element !== 'object' || element === null || !Object.hasOwn(element, step.key)) continue;
        const name = (element as Record<string, unknown>)[step.key];
        if ((typeof name === 'string' || typeof name === 'number') && String(name).trim() === step.equals) {
          return element;
        }
      }
      return undefined;
    }
    case 'all':
      return undefined;
  }
}

/**
 * Calls `visit` for every element that an `each` path leads to.
 * @param limit most elements that are visited
 * @returns how many there are, which is more than `limit` when some were left out
 */
export function visitEach(path: Path, root: unknown, limit: number, visit: (scope: Scope) => void): number {
  let count = 0;
  const scope: Scope = { root, elements: [], keys: [] };
  const found: Scope['found'] = new Map();
  const walk = (at: unknown, index: number): void => {
    if (count > limit) return;
    if (index === path.steps.length) {
      count++;
      if (count <= limit) {
        visit({ root, elements: [...scope.elements], keys: [...scope.keys], found });
      }
      return;
    }
    const step = path.steps[index] as Step;
    if (typeof at !== 'object' || at === null) return;
    if (step.kind !== 'all') {
      const next = take(step, at);
      if (next !== undefined) walk(next, index + 1);
      return;
    }
    // Object.keys of an array are its indices, so arrays and objects are walked alike.
    for (const key of Object.keys(at)) {
      const element = (at as Record<string, unknown>)[key];
      scope.elements.push(element);
      scope.keys.push(key);
      walk(element, index + 1);
      scope.elements.pop();
      scope.keys.pop();
      if (count > limit) return;
    }
  };
  walk(root, 0);
  return count;
}

/** How many stars a path has. */
export function starsOf(path: Path): number {
  return path.steps.filter((step) => step.kind === 'all').length;
}

function closingQuote(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return -1;
}

function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}
