import { i18n } from '../i18n/i18n.svelte.ts';

/** The words of the page of people and permissions. */
export const words = await i18n.part({
  zh: async () => (await import('./people.zh.ts')).zh,
  en: async () => (await import('./people.en.ts')).en,
});
