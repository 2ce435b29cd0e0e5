/** What people call the things that figures, notes and calculations speak of. */
import type { Catalogue } from '../i18n/zh.ts';
import { word } from './word.ts';
import type { Terms } from './words.zh.ts';

/**
 * The word for an attribute, carrier, sub-item, exclusion or indicator; what has none is asked for by `other`, or
 * stands as it is. A month may follow: `electricity 2025-03`.
 */
export function nameOf(
  what: string,
  w: Terms,
  m: Catalogue,
  other: (what: string) => string | undefined = () => undefined,
): string {
  const month = /^(.+) (\d{4}-\d{2})$/.exec(what);
  if (month) return `${nameOf(month[1] ?? '', w, m, other)} ${month[2]}`;
  const tables: Record<string, string>[] = [w.what, m.carriers, m.items, w.indicators];
  const table = tables.find((names) => Object.hasOwn(names, what));
  return table ? word(table, what) : (other(what) ?? what);
}
