import { i18n } from '../i18n/i18n.svelte.ts';

/** The words of the audit page. */
export const words = await i18n.part({
  zh: async () => (await import('./audit.zh.ts')).zh,
  en: async () => (await import('./audit.en.ts')).en,
});
