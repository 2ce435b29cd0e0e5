import { readFileSync, writeFileSync } from 'node:fs';

const DROPPED = '#dropped ';

/**
 * That a broker has a session of ours, and with which subscriptions, over restarts of the program: only then a
 * session that is not there is one that was lost, and only then what is no longer wanted can be left. A file in
 * the data directory: the session's name on the first line, a topic filter on each further one, and what the broker
 * had counted as dropped after `#dropped `, which no filter begins with.
 */
export interface Remembered {
  had(): boolean;
  /** Subscribed to when it was last noted. */
  filters(): readonly string[];
  /** What the broker had dropped by its own count when it was last noted; null where it never told. */
  dropped(): number | null;
  /** @throws Error when the file cannot be written */
  note(filters: readonly string[]): void;
  /** @throws Error when the file cannot be written */
  noteDropped(count: number): void;
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
    const [name, ...lines] = known?.split('\n') ?? [];
    return name === who ? lines : null;
  };
  const filters = (): string[] => (ours() ?? []).filter((line) => !line.startsWith(DROPPED));
  const dropped = (): number | null => {
    const line = ours()?.find((l) => l.startsWith(DROPPED));
    return line === undefined ? null : Number(line.slice(DROPPED.length));
  };
  const write = (list: readonly string[], count: number | null): void => {
    const text = [who, ...list, ...(count === null ? [] : [`${DROPPED}${count}`])].join('\n');
    if (known === text) return;
    writeFileSync(file, text);
    known = text;
  };
  return {
    had: () => ours() !== null,
    filters,
    dropped,
    note: (list) => write(list, dropped()),
    noteDropped: (count) => {
      // Before there is a session, nothing of ours can have been dropped.
      if (ours() !== null) write(filters(), count);
    },
  };
}
