import { setTimeout as pause } from 'node:timers/promises';
import { HttpError, InfluxDB, type Transport } from '@influxdata/influxdb-client';
import { InfluxError, isRecord, list, serverText } from './error.ts';
import { type Refused, writeAround } from './refusal.ts';

export interface InfluxSettings {
  /** http:// or https://; a path in front of the server's own is kept. */
  url: string;
  /** An API token of 2.x or 3.x; `user:password` for a 1.x server with authentication. */
  token?: string;
  /** Database of 1.x and 3.x, name of the bucket's DBRP mapping on 2.x. */
  database?: string;
  /** Longest silence of the server before a request counts as failed. */
  timeoutMs?: number;
}

/** Rows of one series as they come; a long series comes in several pieces. */
export interface SeriesPiece {
  tags: Readonly<Record<string, string | null>>;
  columns: readonly string[];
  values: readonly (readonly (number | string | boolean | null)[])[];
}

/** Lines in one request. Measured on 1.6.7, lines/s: 500 166,000, 1,000 190,000, 5,000 378,000, 20,000 364,000. */
export const LINES_AT_ONCE = 5000;
/** Rows in one piece of an answer: bounds what is parsed at once, whatever the length of the answer. */
const ROWS_AT_ONCE = 10_000;
const QUIET_MS = 30_000;
/** Longest that one answer may take from its first row to its last. */
const ANSWER_MS = 5 * 60_000;
/** Longest line of an answer, bytes: 10,000 rows are about 1 MB. */
const LONGEST_LINE = 64 * 2 ** 20;
/** How long the server may have one hand-over wait by `Retry-After` before it counts as failed. */
const LONGEST_WAIT_MS = 60_000;
/** Longest wait for the answer to `/ping`. */
const PING_MS = 5000;

/**
 * One InfluxDB server of any generation, through the endpoints that 1.x, 2.x and 3.x share: line protocol
 * to `/write`, InfluxQL to `/query`. Requests go straight through the client's transport and settle with
 * the server's answer. Its WriteApi is not used: it buffers, and drops what it could not send.
 */
export class InfluxConnection {
  readonly database: string;
  /** The server's address without credentials, for messages. */
  readonly place: string;
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  #linesAtOnce = LINES_AT_ONCE;
  readonly #stop = new AbortController();
  #questions = new AbortController();
  /** Called when a request got no answer. */
  onSilence: (error: InfluxError) => void = () => {};

  /** @throws TypeError when `url` is no URL */
  constructor(settings: InfluxSettings) {
    const { token, timeoutMs = QUIET_MS, database = 'jieneng' } = settings;
    const url = new URL(settings.url);
    const credentials =
      token ??
      (url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : '');
    url.username = url.password = url.search = url.hash = '';
    this.place = url.href.replace(/\/$/, '');
    this.database = database;
    this.#timeoutMs = timeoutMs;
    // 1.6 knows no `Token` scheme, so a user and password go as Basic, which every 1.x reads.
    const basic = credentials.includes(':')
      ? { headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
      : {};
    const bearer = credentials && !credentials.includes(':') ? { token: credentials } : {};
    this.#transport = new InfluxDB({ url: this.place, timeout: timeoutMs, ...bearer, ...basic }).transport;
  }

  /**
   * @returns the server's version, e.g. `1.6.7`
   * @throws InfluxError when nothing answers, or something that is no InfluxDB
   */
  async version(): Promise<string> {
    let header: string | undefined;
    const ask = { method: 'GET', body: '', type: '', timeoutMs: Math.min(PING_MS, this.#timeoutMs) };
    const body = await this.#ask('/ping', ask, (headers) => {
      header = headers['x-influxdb-version']?.toString();
    });
    const inBody = isRecord(body) && typeof body.version === 'string' ? body.version : undefined;
    const version = (header ?? inBody)?.replace(/^v/, '');
    if (!version) throw new InfluxError(`${this.place} answers, but not as an InfluxDB does`, null);
    return version;
  }

  /** Gives up the questions under way; a write goes on, for a slow one must not be begun again and again. */
  abandonQuestions(): void {
    this.#questions.abort();
    this.#questions = new AbortController();
  }

  /** Gives up all requests under way, and takes no more. */
  abandon(): void {
    this.#stop.abort();
  }

  /**
   * Writes lines with times in ms; settles when the server has confirmed every one of them.
   * @param what the lines, for the message of a refusal
   * @throws InfluxError with the server's words, which name the line at fault
   */
  async write(what: string, lines: readonly string[]): Promise<void> {
    const [refused] = await this.writeAround(what, lines);
    if (refused) throw new InfluxError(`${refused.why} (line ${lines[refused.index]})`, 400);
  }

  /**
   * The same, but lines that the server refuses each for itself are left out.
   * @returns those
   * @throws InfluxError when the server takes nothing at present
   */
  async writeAround(what: string, lines: readonly string[]): Promise<Refused[]> {
    const refused: Refused[] = [];
    const patience = { ms: LONGEST_WAIT_MS };
    for (let i = 0; i < lines.length; ) {
      const part = lines.slice(i, i + this.#linesAtOnce);
      const found = await writeAround((some) => this.#send(what, some, patience), part);
      for (const r of found) refused.push({ ...r, index: i + r.index });
      i += part.length;
    }
    return refused;
  }

  /** One request, or several where the server finds it too large; waits when it is asked to, within limits. */
  async #send(what: string, lines: readonly string[], patience: { ms: number }): Promise<void> {
    const path = `/write?${new URLSearchParams({ db: this.database, precision: 'ms' })}`;
    const ask = { method: 'POST', body: lines.join('\n'), type: 'text/plain; charset=utf-8' };
    for (;;) {
      try {
        await this.#ask(path, ask);
        return;
      } catch (error) {
        if (!(error instanceof InfluxError)) throw error;
        const { status, retryAfterMs } = error;
        if (status === 413 && lines.length > 1) {
          const middle = lines.length >> 1;
          this.#linesAtOnce = Math.min(this.#linesAtOnce, Math.max(1, middle));
          await this.#send(what, lines.slice(0, middle), patience);
          return this.#send(what, lines.slice(middle), patience);
        }
        const busy = (status === 429 || status === 503) && retryAfterMs !== null;
        if (!busy || retryAfterMs > patience.ms) {
          throw new InfluxError(`${error.message} (writing ${lines.length} ${what})`, status, error);
        }
        // A wait of 0 must not become a storm.
        const wait = Math.max(100, retryAfterMs);
        patience.ms -= wait;
        await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }

  /**
   * Runs one InfluxQL statement; 3.x takes no more than one. Asked for in pieces, so that neither the
   * server's `max-row-limit` cuts the answer nor its length matters here.
   */
  async *query(statement: string): AsyncGenerator<SeriesPiece> {
    const form = new URLSearchParams({
      db: this.database,
      q: statement,
      epoch: 'ms',
      chunked: 'true',
      chunk_size: String(ROWS_AT_ONCE),
    });
    const quiet = new AbortController();
    const timer = setTimeout(() => quiet.abort(), this.#timeoutMs);
    try {
      const chunks = this.#transport.iterate('/query', form.toString(), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        signal: AbortSignal.any([
          quiet.signal,
          this.#stop.signal,
          this.#questions.signal,
          AbortSignal.timeout(ANSWER_MS),
        ]),
      });
      let open: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of chunks) {
        timer.refresh();
        let from = 0;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
          open.push(chunk.subarray(from, at));
          yield* this.#pieces(open);
          open = [];
          length = 0;
          from = at + 1;
        }
        length += chunk.length - from;
        if (length > LONGEST_LINE) throw new SyntaxError(`a line of more than ${LONGEST_LINE} bytes`);
        if (from < chunk.length) open.push(chunk.subarray(from));
      }
      yield* this.#pieces(open);
    } catch (error) {
      throw this.#explained(error, quiet.signal.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a statement whose answer does not matter. */
  async run(statement: string): Promise<void> {
    for await (const _ of this.query(statement)) void _;
  }

  *#pieces(bytes: readonly Uint8Array[]): Generator<SeriesPiece> {
    const text = Buffer.concat(bytes).toString('utf8').trim();
    if (text === '') return;
    const answer: unknown = JSON.parse(text);
    if (!isRecord(answer)) throw new Error('the answer to a query is no object');
    if (typeof answer.error === 'string') throw new InfluxError(this.#says(answer.error), 200);
    for (const result of list(answer.results)) {
      if (!isRecord(result)) continue;
      if (typeof result.error === 'string') throw new InfluxError(this.#says(result.error), 200);
      for (const series of list(result.series)) {
        if (!isRecord(series)) continue;
        yield {
          tags: (series.tags ?? {}) as SeriesPiece['tags'],
          columns: list(series.columns) as string[],
          values: list(series.values) as SeriesPiece['values'],
        };
      }
    }
  }

  /** One request; every one of ours may be sent twice, so a connection that had gone stale is not a failure. */
  async #ask(
    path: string,
    { method, body, type, timeoutMs = this.#timeoutMs }: Ask,
    onHeaders?: (headers: Record<string, string | string[] | undefined>) => void,
  ): Promise<unknown> {
    const headers: Record<string, string> = type ? { 'content-type': type } : {};
    for (let again = true; ; again = false) {
      const late = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([late, this.#stop.signal]);
      try {
        return await this.#transport.request(path, body, { method, headers, signal }, onHeaders);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if (again && (code === 'ECONNRESET' || code === 'EPIPE')) continue;
        throw this.#explained(error, late.aborted, timeoutMs);
      }
    }
  }

  #explained(error: unknown, timedOut: boolean, timeoutMs = this.#timeoutMs): Error {
    if (error instanceof InfluxError) return error;
    if (error instanceof HttpError) {
      const { statusCode: status } = error;
      const hint = status === 401 || status === 403 ? ': see INFLUX_TOKEN' : '';
      return new InfluxError(`${this.#says(serverText(error))} (HTTP ${status})${hint}`, status, error);
    }
    if (this.#stop.signal.aborted) {
      return new InfluxError(`InfluxDB at ${this.place} is no longer asked: the program stops`, null, error);
    }
    const silence = new InfluxError(
      `InfluxDB at ${this.place} ${whyNot(error, timedOut, timeoutMs)}`,
      null,
      error,
    );
    this.onSilence(silence);
    return silence;
  }

  #says(text: string): string {
    return `InfluxDB at ${this.place}: ${text}`;
  }
}

interface Ask {
  method: string;
  body: string;
  type: string;
  timeoutMs?: number;
}

function whyNot(error: unknown, timedOut: boolean, timeoutMs: number): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (timedOut || name === 'RequestTimedOutError') return `was silent for ${timeoutMs} ms`;
  if (error instanceof SyntaxError) return `sent a broken answer: ${message}`;
  // An AggregateError (both addresses of `localhost`) has a code but no message.
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `cannot be reached: ${message || code || name}`;
}
