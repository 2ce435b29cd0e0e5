import { type DestinationStream, type Level, type Logger, type LoggerOptions, pino } from 'pino';
import { CatalogueUnavailable } from '../catalogue/database.ts';
import { StoreUnavailable } from '../timeseries/port.ts';

/** Longest text of a field, and of a stack. */
const TEXT_LIMIT = 1000;
const STACK_LIMIT = 4000;
/** Entries of a list or an object, and how deep they are followed. */
const ENTRIES_LIMIT = 20;
const DEPTH_LIMIT = 4;
const MASK = '***';
/** Lines with one message at `warn` and above within a window; who knocks a thousand times a second is told of once. */
const LINES_LIMIT = 100;
const WINDOW_MS = 10_000;
const WARN = 40;

/** Names of what is nobody's business: settings, headers, parameters. */
const SECRET_NAME = /password|passphrase|secret|token|authorization|cookie/i;
/** The same inside a text: in an address before the @, after the name of a scheme, or as a parameter. */
const SECRET_TEXT: readonly [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]{0,19}:\/\/)[^\s/]*@/gi, `$1${MASK}@`],
  [/\b(basic|bearer|token) +[^\s,;"']+/gi, `$1 ${MASK}`],
  [/((?:password|passphrase|secret|token)[\w-]{0,19}["']?[=:] *["']?)[^\s&;,"']+/gi, `$1${MASK}`],
];

/**
 * The log of the program: JSON, a line for each event. The message is one of those in the sources and holds no
 * values; what varies is in the fields, bounded and without secrets. Errors are in `err`.
 */
export function createLog(level: Level | 'silent', to?: DestinationStream): Logger {
  const flood = new Flood((fields) => log.warn(fields, 'log: lines left out'));
  const options: LoggerOptions = {
    level,
    hooks: {
      logMethod(args, method, at) {
        if (at < WARN || flood.passes(String(args[1]))) method.apply(this, args);
      },
    },
    formatters: { log: loggable },
    // They are ready by then; the usual serializer would take their type away.
    serializers: { err: (err: unknown) => err },
  };
  const log = to ? pino(options, to) : pino(options);
  return log;
}

/** Keeps back what comes too often and says how much that was. Messages are fixed, so their number has a bound. */
class Flood {
  readonly #counts = new Map<string, number>();
  readonly #leftOut: (fields: { of: string; lines: number }) => void;

  constructor(leftOut: (fields: { of: string; lines: number }) => void) {
    this.#leftOut = leftOut;
  }

  passes(message: string): boolean {
    const count = (this.#counts.get(message) ?? 0) + 1;
    this.#counts.set(message, count);
    if (count === 1) setTimeout(() => this.#over(message), WINDOW_MS).unref();
    return count <= LINES_LIMIT;
  }

  #over(message: string): void {
    const lines = (this.#counts.get(message) ?? 0) - LINES_LIMIT;
    this.#counts.delete(message);
    if (lines > 0) this.#leftOut({ of: message, lines });
  }
}

/** Fields as they are written: texts cut, secrets masked, errors as type, message and stack. */
export function loggable(fields: object): Record<string, unknown> {
  const out = entriesOf(Object.entries(fields), 0);
  // Whatever was thrown: `err` has one shape.
  if ('err' in fields && !(fields.err instanceof Error)) {
    out.err = { type: typeof fields.err, message: text(String(fields.err)) };
  }
  return out;
}

function tidy(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return errorOf(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof URL) return text(value.href);
  if (depth >= DEPTH_LIMIT) return '…';
  if (value instanceof Map)
    return entriesOf(
      [...value].map(([k, v]) => [String(k), v]),
      depth + 1,
    );
  if (Array.isArray(value) || value instanceof Set) {
    const list = [...value];
    const kept = list.slice(0, ENTRIES_LIMIT).map((v) => tidy(v, depth + 1));
    return list.length > ENTRIES_LIMIT ? [...kept, `… ${list.length - ENTRIES_LIMIT} more`] : kept;
  }
  return entriesOf(Object.entries(value), depth + 1);
}

function entriesOf(entries: [string, unknown][], depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of entries.slice(0, ENTRIES_LIMIT)) {
    out[name] = SECRET_NAME.test(name) && value !== null && value !== undefined ? MASK : tidy(value, depth);
  }
  return out;
}

/** A store that is away is no mistake of ours: where in the program it was found out helps nobody. */
function errorOf(error: Error, depth: number): Record<string, unknown> {
  const away = error instanceof StoreUnavailable || error instanceof CatalogueUnavailable;
  const code = 'code' in error && typeof error.code === 'string' ? text(error.code) : undefined;
  return {
    type: error.constructor.name,
    message: text(error.message),
    ...(code !== undefined && { code }),
    ...(!away && error.stack !== undefined && { stack: text(error.stack, STACK_LIMIT) }),
    ...(!away && error.cause !== undefined && depth < DEPTH_LIMIT && { cause: tidy(error.cause, depth + 1) }),
  };
}

function text(value: string, limit = TEXT_LIMIT): string {
  // The work has a bound, and what is cut off at the end is no half of a secret.
  const masked = SECRET_TEXT.reduce((of, [secret, by]) => of.replace(secret, by), value.slice(0, 4 * limit));
  return masked.length > limit ? `${masked.slice(0, limit)}…` : masked;
}
