import { i18n } from '../i18n/i18n.svelte.ts';

/** The words of the running server: fetched with the first page that speaks them. */
export const words = await i18n.part({
  zh: async () => (await import('./words.zh.ts')).zh,
  en: async () => (await import('./words.en.ts')).en,
});
