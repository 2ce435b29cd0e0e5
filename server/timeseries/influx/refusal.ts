import { InfluxError } from './error.ts';
import { NOTE } from './lines.ts';

/** A line that the server does not take, whatever else is sent. */
export interface Refused {
  /** Position among the lines that were to be written. */
  index: number;
  /** What the server answered. */
  why: string;
}

/** Beyond so many in one request it is no longer some lines that are at fault. */
const MOST = 1000;

type Send = (lines: readonly string[]) => Promise<void>;

/**
 * Writes lines, those at fault left out: the server's answer names them, or they are found by halves. Each
 * line says the same when it is written again, so that those between may be sent several times.
 * @returns the lines that were refused; all others are confirmed
 * @throws InfluxError when it is not lines that are refused: then our own note would be as well
 */
export async function writeAround(send: Send, lines: readonly string[]): Promise<Refused[]> {
  try {
    await send(lines);
    return [];
  } catch (error) {
    if (!refusesLines(error)) throw error;
    await send([NOTE]).catch((again: unknown) => {
      throw refusesLines(again) ? error : again;
    });
    return await halves(
      send,
      lines.map((line, index) => ({ line, index })),
      error,
    );
  }
}

interface Place {
  line: string;
  index: number;
}

async function halves(send: Send, places: readonly Place[], error: InfluxError): Promise<Refused[]> {
  const refused: Refused[] = [];
  const open: { places: readonly Place[]; error: InfluxError }[] = [{ places, error }];
  for (let part = open.pop(); part; part = open.pop()) {
    const { places: all, error: said } = part;
    const named = new Map(
      said.lines.filter((l) => l.index >= 0 && l.index < all.length).map((l) => [l.index, l.why]),
    );
    let rest: (readonly Place[])[];
    if (all.length === 1) {
      refused.push({ index: (all[0] as Place).index, why: said.message });
      rest = [];
    } else if (named.size > 0) {
      for (const [i, why] of named) refused.push({ index: (all[i] as Place).index, why });
      rest = [all.filter((_, i) => !named.has(i))];
    } else {
      const middle = all.length >> 1;
      rest = [all.slice(middle), all.slice(0, middle)];
    }
    if (refused.length > MOST)
      throw new InfluxError(`${said.message}, and so for more than ${MOST} lines`, null, said);
    for (const some of rest) {
      if (some.length === 0) continue;
      try {
        await send(some.map((p) => p.line));
      } catch (again) {
        if (!refusesLines(again)) throw again;
        open.push({ places: some, error: again });
      }
    }
  }
  return refused.sort((a, b) => a.index - b.index);
}

/** 400 on 1.x and 3.x, 422 on 2.x. Credentials, a missing database and a request too large are none of a line's. */
function refusesLines(error: unknown): error is InfluxError {
  return error instanceof InfluxError && (error.status === 400 || error.status === 422);
}
