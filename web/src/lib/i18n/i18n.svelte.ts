import type { Catalogue } from './zh.ts';

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
const STORED = 'jieneng.language';

type Sources<T> = Record<Language, () => Promise<T>>;

/** One language is fetched, not both. */
const CATALOGUES: Sources<Catalogue> = {
  zh: async () => (await import('./zh.ts')).zh,
  en: async () => (await import('./en.ts')).en,
};

/** A part of the catalogue that is fetched by the pages that speak it, and changes with the language. */
export class Part<T> {
  readonly #sources: Sources<T>;
  #m = $state.raw<T | null>(null);

  constructor(sources: Sources<T>) {
    this.#sources = sources;
  }

  /** @throws before it has been fetched */
  get m(): T {
    if (this.#m === null) throw new Error('this part of the catalogue has not been loaded yet');
    return this.#m;
  }

  /** @returns what puts it in force */
  async fetch(language: Language): Promise<() => void> {
    const fetched = await this.#sources[language]();
    return () => {
      this.#m = fetched;
    };
  }
}

class I18n {
  language = $state<Language>('zh');
  #m = $state.raw<Catalogue | null>(null);
  readonly #parts: { fetch(language: Language): Promise<() => void> }[] = [];

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

  /** Fetches a further part in the language in force. */
  async part<T>(sources: Sources<T>): Promise<Part<T>> {
    const part = new Part(sources);
    this.#parts.push(part);
    const put = await part.fetch(this.language);
    put();
    return part;
  }

  async #load(language: Language): Promise<void> {
    // All of them before any: half a page in each language is read by nobody.
    const [m, ...parts] = await Promise.all([
      CATALOGUES[language](),
      ...this.#parts.map((part) => part.fetch(language)),
    ]);
    this.#m = m;
    for (const put of parts) put();
    this.language = language;
    document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
  }
}

export const i18n = new I18n();
