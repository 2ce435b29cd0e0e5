import { HttpError, InfluxDB, type Transport } from '@influxdata/influxdb-client';

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

/** What the server refused, or why it was not reached; says which server. */
export class InfluxError extends Error {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.name = 'InfluxError';
    this.status = status;
  }
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
    const body = await this.#ask('GET', '/ping', '', '', (headers) => {
      header = headers['x-influxdb-version']?.toString();
    });
    const inBody = isRecord(body) && typeof body.version === 'string' ? body.version : undefined;
    const version = (header ?? inBody)?.replace(/^v/, '');
    if (!version) throw new InfluxError(`${this.place} answers, but not as an InfluxDB does`, null);
    return version;
  }

  /**
   * Writes lines with times in ms; settles when the server has confirmed every one of them.
   * @param what the lines, for the message of a refusal
   * @throws InfluxError with the server's words, which name the line at fault
   */
  async write(what: string, lines: readonly string[]): Promise<void> {
    const path = `/write?${new URLSearchParams({ db: this.database, precision: 'ms' })}`;
    for (let i = 0; i < lines.length; i += LINES_AT_ONCE) {
      const part = lines.slice(i, i + LINES_AT_ONCE);
      try {
        await this.#ask('POST', path, part.join('\n'), 'text/plain; charset=utf-8');
      } catch (error) {
        if (!(error instanceof InfluxError)) throw error;
        throw new InfluxError(`${error.message} (writing ${part.length} ${what})`, error.status, error);
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
        signal: quiet.signal,
      });
      let open: Uint8Array[] = [];
      for await (const chunk of chunks) {
        timer.refresh();
        let from = 0;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
          open.push(chunk.subarray(from, at));
          yield* this.#pieces(open);
          open = [];
          from = at + 1;
        }
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
    method: string,
    path: string,
    body: string,
    type: string,
    onHeaders?: (headers: Record<string, string | string[] | undefined>) => void,
  ): Promise<unknown> {
    const headers: Record<string, string> = type ? { 'content-type': type } : {};
    for (let again = true; ; again = false) {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      try {
        return await this.#transport.request(path, body, { method, headers, signal }, onHeaders);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if (again && (code === 'ECONNRESET' || code === 'EPIPE')) continue;
        throw this.#explained(error, signal.aborted);
      }
    }
  }

  #explained(error: unknown, timedOut: boolean): Error {
    if (error instanceof InfluxError) return error;
    if (error instanceof HttpError) {
      const { statusCode: status } = error;
      const hint = status === 401 || status === 403 ? ': see INFLUX_TOKEN' : '';
      return new InfluxError(`${this.#says(serverText(error))} (HTTP ${status})${hint}`, status, error);
    }
    const name = error instanceof Error ? error.name : '';
    if (timedOut || name === 'RequestTimedOutError') {
      return new InfluxError(`InfluxDB at ${this.place} was silent for ${this.#timeoutMs} ms`, null, error);
    }
    if (error instanceof SyntaxError) {
      return new InfluxError(`InfluxDB at ${this.place} sent a broken answer: ${error.message}`, null, error);
    }
    // An AggregateError (both addresses of `localhost`) has a code but no message.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = (error instanceof Error && error.message) || code || String(error);
    return new InfluxError(`InfluxDB at ${this.place} cannot be reached: ${why}`, null, error);
  }

  #says(text: string): string {
    return `InfluxDB at ${this.place}: ${text}`;
  }
}

/** The server's own words: `error` on 1.x, `message` on 2.x, on 3.x with the first line at fault. */
function serverText(error: HttpError): string {
  const body = error.body ?? '';
  try {
    const answer: unknown = JSON.parse(body);
    if (!isRecord(answer)) return body;
    const text = [answer.error, answer.message].find((t) => typeof t === 'string') ?? body;
    const [first] = list(answer.data);
    if (!isRecord(first)) return String(text);
    return `${text}: line ${first.line_number}: ${first.error_message}: ${first.original_line}`;
  } catch {
    return body.trim().slice(0, 500) || (error.statusMessage ?? 'no reason given');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
