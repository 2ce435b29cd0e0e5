import { i18n } from './i18n.svelte.ts';

/** The words of the page of a building: fetched with it, not with the shell. */
export const building = await i18n.part({
  zh: async () => (await import('./building.zh.ts')).zh,
  en: async () => (await import('./building.en.ts')).en,
});
