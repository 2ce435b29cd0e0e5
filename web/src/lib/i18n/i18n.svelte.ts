import { type Catalogue, zh } from './zh.ts';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED = 'jieneng.language';

class I18n {
  language = $state<Language>('zh');
  /** The catalogue in force. Read it inside components: it changes with the language. */
  m = $state.raw<Catalogue>(zh);

  /** Loads the language that was chosen before. */
  async restore(): Promise<void> {
    let stored: string | null = null;
    try {
      stored = localStorage.getItem(STORED);
    } catch {
      // Storage refused: Chinese.
    }
    if (stored === 'en') await this.choose('en');
  }

  async choose(language: Language): Promise<void> {
    this.m = language === 'en' ? (await import('./en.ts')).en : zh;
    this.language = language;
    document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
    try {
      localStorage.setItem(STORED, language);
    } catch {
      // The choice then holds for this page only.
    }
  }
}

export const i18n = new I18n();
