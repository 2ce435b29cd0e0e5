/** What people call the things that figures, notes and calculations speak of. */
import type { Catalogue } from '../i18n/zh.ts';
import { app } from '../state/app.svelte.ts';
import type { QuotaWords } from './words.zh.ts';

/**
 * The word for an attribute, carrier, exclusion or node; what has none stands as it is. A month may follow:
 * `electricity 2025-03`.
 */
export function nameOf(what: string, w: QuotaWords, m: Catalogue): string {
  const month = /^(.+) (\d{4}-\d{2})$/.exec(what);
  if (month) return `${nameOf(month[1] ?? '', w, m)} ${month[2]}`;
  if (Object.hasOwn(w.what, what)) return w.what[what] as string;
  const carriers: Record<string, string> = m.carriers;
  if (Object.hasOwn(carriers, what)) return carriers[what] as string;
  if (Object.hasOwn(m.items, what)) return m.items[what] as string;
  const indicators: Record<string, string> = w.indicators;
  return indicators[what] ?? app.tree?.name(what) ?? what;
}
