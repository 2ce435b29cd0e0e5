import { HttpError } from '@influxdata/influxdb-client';
import { StoreUnavailable } from '../port.ts';

/** What the server refused, or why it was not reached; says which server. */
export class InfluxError extends StoreUnavailable {
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Lines that the server names as those at fault, counted from 0 within the request. */
  readonly lines: readonly NamedLine[];

  constructor(message: string, status: number | null, cause?: unknown) {
    const answer = cause instanceof InfluxError ? cause : null;
    super(message, cause);
    this.name = 'InfluxError';
    this.status = status;
    this.lines = answer?.lines ?? (cause instanceof HttpError ? namedLines(cause) : []);
    this.retryAfterMs = answer?.retryAfterMs ?? (cause instanceof HttpError ? retryAfterMs(cause) : null);
  }
}

/** A server that answers soundly and must not be written to as it is: nothing but a person mends that. */
export class InfluxMismatch extends InfluxError {}

export interface NamedLine {
  index: number;
  why: string;
}

/** The server's own words: `error` on 1.x, `message` on 2.x, on 3.x with the first line at fault. */
export function serverText(error: HttpError): string {
  const body = error.body ?? '';
  const answer = parsed(body);
  if (answer === null) return body.trim().slice(0, 500) || (error.statusMessage ?? 'no reason given');
  const text = [answer.error, answer.message].find((t) => typeof t === 'string') ?? body;
  const [first] = list(answer.data);
  if (!isRecord(first)) return String(text).slice(0, 500);
  return `${text}: line ${first.line_number}: ${first.error_message}: ${first.original_line}`.slice(0, 500);
}

/** 3.x lists the lines that it did not take, counted from 1; the others name them in words, if at all. */
function namedLines(error: HttpError): NamedLine[] {
  return list(parsed(error.body ?? '')?.data).flatMap((item) =>
    isRecord(item) && typeof item.line_number === 'number'
      ? [{ index: item.line_number - 1, why: String(item.error_message) }]
      : [],
  );
}

/** `Retry-After` in seconds or as a date; null where there is none. */
function retryAfterMs(error: HttpError): number | null {
  const said = error.headers?.['retry-after'];
  if (typeof said !== 'string') return null;
  const ms = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function parsed(body: string): Record<string, unknown> | null {
  try {
    const answer: unknown = JSON.parse(body);
    return isRecord(answer) ? answer : null;
  } catch {
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
