/** The name under which somebody writes things down on this machine; accounts come later. */
const STORED = 'jieneng.by';

export function recall(): string {
  try {
    return localStorage.getItem(STORED) ?? '';
  } catch {
    return '';
  }
}

export function remember(name: string): void {
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // Storage refused: it is asked for again next time.
  }
}
