const STORED = 'jieneng.elder';

/** For the elderly: large type, high contrast, one column. public/theme.js puts it in force before the first paint. */
class ElderState {
  on = $state(document.documentElement.dataset.elder !== undefined);

  choose(on: boolean): void {
    this.on = on;
    if (on) document.documentElement.dataset.elder = '';
    else delete document.documentElement.dataset.elder;
    try {
      if (on) localStorage.setItem(STORED, 'on');
      else localStorage.removeItem(STORED);
    } catch {
      // The choice then holds for this page only.
    }
  }
}

export const elder = new ElderState();
