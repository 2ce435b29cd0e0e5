/** A value that an entry changed, as text; null: there was none. */
export interface Changed {
  /** `grants[0].role`; empty: the whole. */
  path: string;
  before: string | null;
  after: string | null;
}

/** More lines than this are not read. */
export const LINES = 60;

/** What differs between two JSON values, line by line in the order of the new one; alike values are left out. */
export function changesOf(before: unknown, after: unknown): Changed[] {
  const old = flat(before);
  const now = flat(after);
  const paths = [...new Set([...now.keys(), ...old.keys()])];
  return paths.flatMap((path) => {
    const [b, a] = [old.get(path) ?? null, now.get(path) ?? null];
    return b === a ? [] : [{ path, before: b, after: a }];
  });
}

function flat(value: unknown): Map<string, string> {
  const out = new Map<string, string>();
  const walk = (at: unknown, path: string): void => {
    if (typeof at !== 'object' || at === null) {
      if (at !== null && at !== undefined) out.set(path, String(at));
      return;
    }
    for (const [key, inner] of Object.entries(at)) {
      walk(inner, Array.isArray(at) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
    }
  };
  walk(value, '');
  return out;
}
