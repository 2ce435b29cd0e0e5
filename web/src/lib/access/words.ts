import { i18n } from '../i18n/i18n.svelte.ts';

/** The words of signing in and of one's own account. */
export const words = await i18n.part({
  zh: async () => (await import('./words.zh.ts')).zh,
  en: async () => (await import('./words.en.ts')).en,
});
