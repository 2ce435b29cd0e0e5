import type { View } from '../state/router.svelte.ts';

/**
 * The pages as the navigation groups them: a group leads to its first page, and its pages stand side by side
 * above each of them. To add a page: its name in `VIEWS` (state/router.svelte.ts), its loader in `LOADERS`
 * (App.svelte), a word in `views` (i18n/zh.ts and en.ts) and an entry here; nothing in ViewNav changes. A group
 * without pages is not shown. A page that belongs to another one, as a meter to the meters, goes into `WITHIN`.
 */
export const GROUPS = [
  { group: 'overview', views: ['overview', 'desk'] },
  { group: 'monitoring', views: ['building', 'meters', 'balance', 'health', 'operations'] },
  { group: 'goals', views: ['targets', 'quotas', 'indicators', 'comparison', 'publicity'] },
  { group: 'filing', views: ['book', 'reports', 'forms', 'batches', 'compliance'] },
  { group: 'settings', views: ['settings', 'people', 'devices', 'audit'] },
] as const satisfies readonly { group: string; views: readonly View[] }[];
export type Group = (typeof GROUPS)[number]['group'];

const WITHIN: Partial<Record<View, View>> = {
  meter: 'meters',
  target: 'targets',
  split: 'targets',
  report: 'reports',
};

/** The entry of the navigation that stands for a page. */
export function entryOf(view: View): View {
  return WITHIN[view] ?? view;
}

/** The pages of the group that a page belongs to; none for a page that stands for itself. */
export function siblings(view: View): readonly View[] {
  const entry = entryOf(view);
  return GROUPS.find(({ views }) => views.some((v) => v === entry))?.views ?? [];
}
