import { readFileSync, writeFileSync } from 'node:fs';

/**
 * That a broker has a session of ours, and with which subscriptions, over restarts of the program: only then a
 * session that is not there is one that was lost, and only then what is no longer wanted can be left. A file in
 * the data directory: the session's name on the first line, a topic filter on each further one.
 */
export interface Remembered {
  had(): boolean;
  /** Subscribed to when it was last noted. */
  filters(): readonly string[];
  /** @throws Error when the file cannot be written */
  note(filters: readonly string[]): void;
}

/**
 * @param who broker and client id; another of either is another session
 * @throws Error when the file is there and cannot be read
 */
export function rememberedIn(file: string, who: string): Remembered {
  let known: string | null = null;
  try {
    known = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const ours = (): string[] | null => {
    const [name, ...filters] = known?.split('\n') ?? [];
    return name === who ? filters : null;
  };
  return {
    had: () => ours() !== null,
    filters: () => ours() ?? [],
    note(filters) {
      const text = [who, ...filters].join('\n');
      if (known === text) return;
      writeFileSync(file, text);
      known = text;
    },
  };
}
