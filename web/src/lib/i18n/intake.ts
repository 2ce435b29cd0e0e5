import { i18n } from './i18n.svelte.ts';

/** The words of health, quarantine and first steps: fetched with those pages, not with the shell. */
export const intake = await i18n.part({
  zh: async () => (await import('./intake.zh.ts')).zh,
  en: async () => (await import('./intake.en.ts')).en,
});
