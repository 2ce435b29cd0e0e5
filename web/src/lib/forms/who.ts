import { session } from '../state/session.svelte.ts';

/** The name under which the operator, who has no account, writes things down on this machine. */
const STORED = 'jieneng.by';

/** Whoever is signed in, else the name that was given last. */
export function recall(): string {
  if (session.person) return session.person.name;
  try {
    return localStorage.getItem(STORED) ?? '';
  } catch {
    return '';
  }
}

export function remember(name: string): void {
  if (session.person) return;
  try {
    localStorage.setItem(STORED, name);
  } catch {
    // Storage refused: it is asked for again next time.
  }
}
