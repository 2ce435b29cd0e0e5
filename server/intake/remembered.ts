import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Whether a broker has ever had a session of ours, over restarts of the program: only then a session that is
 * not there is one that was lost. A file in the data directory.
 */
export interface Remembered {
  had(): boolean;
  /** @throws Error when the file cannot be written */
  note(): void;
}

/** @param who broker and client id; another of either is another session */
export function rememberedIn(file: string, who: string): Remembered {
  let known: string | null = null;
  try {
    known = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return {
    had: () => known === who,
    note() {
      if (known === who) return;
      writeFileSync(file, who);
      known = who;
    },
  };
}
