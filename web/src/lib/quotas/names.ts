import type { Catalogue } from '../i18n/zh.ts';
import { app } from '../state/app.svelte.ts';
import { nameOf as termOf } from '../terms/names.ts';
import type { Terms } from '../terms/words.zh.ts';

/** The word for what a figure or a note speaks of, which may be a node as well. */
export function nameOf(what: string, w: Terms, m: Catalogue): string {
  return termOf(what, w, m, (id) => app.tree?.name(id));
}
