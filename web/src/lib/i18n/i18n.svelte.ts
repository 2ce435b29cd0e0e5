import type { Catalogue } from './zh.ts';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED = 'jieneng.language';

/** One language is fetched, not both. */
const CATALOGUES: Record<Language, () => Promise<Catalogue>> = {
  zh: async () => (await import('./zh.ts')).zh,
  en: async () => (await import('./en.ts')).en,
};

class I18n {
  language = $state<Language>('zh');
  #m = $state.raw<Catalogue | null>(null);

  /**
   * The catalogue in force. Read it inside components: it changes with the language.
   * @throws before `restore()` has fetched one
   */
  get m(): Catalogue {
    if (this.#m === null) throw new Error('no catalogue has been loaded yet');
    return this.#m;
  }

  /** Loads the language that was chosen before, else Chinese. */
  async restore(): Promise<void> {
    let stored: string | null = null;
    try {
      stored = localStorage.getItem(STORED);
    } catch {
      // Storage refused: Chinese.
    }
    await this.#load(stored === 'en' ? 'en' : 'zh');
  }

  async choose(language: Language): Promise<void> {
    await this.#load(language);
    try {
      localStorage.setItem(STORED, language);
    } catch {
      // The choice then holds for this page only.
    }
  }

  async #load(language: Language): Promise<void> {
    this.#m = await CATALOGUES[language]();
    this.language = language;
    document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
  }
}

export const i18n = new I18n();
