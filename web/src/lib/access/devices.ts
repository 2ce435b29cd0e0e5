import { i18n } from '../i18n/i18n.svelte.ts';

/** The words of the page of devices. */
export const words = await i18n.part({
  zh: async () => (await import('./devices.zh.ts')).zh,
  en: async () => (await import('./devices.en.ts')).en,
});
