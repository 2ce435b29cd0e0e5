export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const STORED = 'jieneng.theme';

class ThemeState {
  choice = $state<Theme>('system');
  #systemDark = $state(false);
  readonly dark = $derived(this.choice === 'dark' || (this.choice === 'system' && this.#systemDark));

  start(): () => void {
    const given = document.documentElement.dataset.theme;
    if (given === 'light' || given === 'dark') this.choice = given;
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => {
      this.#systemDark = media.matches;
    };
    follow();
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }

  choose(theme: Theme): void {
    this.choice = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(STORED, theme);
    } catch {
      // The choice then holds for this page only.
    }
  }
}

export const theme = new ThemeState();
