import { type FilePath, type Issues, spellPath } from './estate-document.ts';
import type { Loose } from './estate-schema.ts';

/** An entry of the file as far as it could be read; what is wrong inside it has been said already. */
export interface Draft<T> {
  path: FilePath;
  entry: Loose<T>;
}

/** What stands there once the file is applied; `path` is null for what only the catalogue has. */
export type Merged<T> = Map<string, { path: FilePath | null; entry: Loose<T> }>;

/** Lays the file over the catalogue. Says an id that the file has twice. */
export function merge<T extends { id: string }>(
  present: readonly T[],
  drafts: readonly Draft<T>[],
  issues: Issues,
): Merged<T> {
  const merged: Merged<T> = new Map(present.map((entry) => [entry.id, { path: null, entry }]));
  for (const { path, entry } of drafts) {
    if (entry.id === undefined) continue;
    const first = merged.get(entry.id)?.path;
    if (first)
      issues.add([...path, 'id'], `${JSON.stringify(entry.id)} is the id of ${spellPath(first)} already`);
    else merged.set(entry.id, { path, entry });
  }
  return merged;
}

/** Those that are of one kind. */
export function only<T, S extends T>(
  merged: Merged<T>,
  is: (entry: Loose<T>) => entry is Loose<S>,
): Merged<S> {
  const out: Merged<S> = new Map();
  for (const [id, { path, entry }] of merged) if (is(entry)) out.set(id, { path, entry });
  return out;
}

/** Says an id that names nothing. */
export function refer<T>(
  merged: Merged<T>,
  what: string,
  id: string | null | undefined,
  path: FilePath,
  issues: Issues,
): void {
  if (id === undefined || id === null || merged.has(id)) return;
  issues.add(path, `there is no ${what} ${JSON.stringify(id)}, neither in the file nor in the catalogue`);
}

/** Nothing may stand above itself. */
export function checkCycles<T extends { parent: string | null }>(merged: Merged<T>, issues: Issues): void {
  const parentOf = (id: string): string | null => merged.get(id)?.entry.parent ?? null;
  const say = cycleSayer(merged, () => 'parent', issues);
  const done = new Set<string>();
  for (const start of merged.keys()) {
    const walk: string[] = [];
    const steps = new Map<string, number>();
    let id: string | null = start;
    while (id !== null && !done.has(id) && !steps.has(id)) {
      steps.set(id, walk.length);
      walk.push(id);
      id = parentOf(id);
    }
    for (const seen of walk) done.add(seen);
    const loop = id === null ? undefined : steps.get(id);
    if (loop === undefined) continue;
    say(walk.slice(loop));
  }
}

/**
 * Says a cycle at the first of its members in the file; the catalogue alone has none, so there is one.
 * @param field of a member, where it names the one after it
 */
export function cycleSayer<T>(
  merged: Merged<T>,
  field: (id: string, next: string) => string,
  issues: Issues,
): (cycle: readonly string[]) => void {
  const order = new Map([...merged].filter(([, { path }]) => path).map(([id], i) => [id, i]));
  const rank = (id: string): number => order.get(id) ?? Number.POSITIVE_INFINITY;
  return (cycle) => {
    const first = cycle.reduce((a, b) => (rank(b) < rank(a) ? b : a));
    const at = cycle.indexOf(first);
    const named = [...cycle.slice(at), ...cycle.slice(0, at), first];
    const path = merged.get(first)?.path ?? [];
    issues.add([...path, field(first, named[1] as string)], `makes a cycle: ${named.join(' → ')}`);
  };
}
