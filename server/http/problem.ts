import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ZodError } from 'zod';
import { CatalogueTextError, CatalogueUnavailable } from '../catalogue/database.ts';
import { EstateFileError } from '../catalogue/estate-document.ts';
import { StoreUnavailable } from '../timeseries/port.ts';
import { type Log, UserError } from './deps.ts';
import type { Problem } from './schemas/common.ts';

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
};

/** A field at fault; the code is for programs, where there is one. */
export interface FieldError {
  path: string;
  message: string;
  code?: string;
}

/** A request that cannot be answered as asked. */
export class ProblemError extends Error {
  readonly status: ContentfulStatusCode;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: ContentfulStatusCode,
    detail: string,
    errors?: FieldError[],
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The field at fault and why: 400 with one error. */
export function badField(path: string, message: string): ProblemError {
  return new ProblemError(400, `${path}: ${message}`, [{ path, message }]);
}

export function problemOf(error: ProblemError): Problem {
  return {
    type: 'about:blank',
    title: TITLES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    ...(error.errors && { errors: error.errors }),
  };
}

export function problemResponse(c: Context, error: ProblemError): Response {
  return c.body(JSON.stringify(problemOf(error)), error.status, {
    ...error.headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
  });
}

/** What the validator found, every fault with the name of its field. */
export function invalid(error: ZodError): ProblemError {
  const errors = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  return new ProblemError(400, errors.map((e) => `${e.path}: ${e.message}`).join('; '), errors);
}

/** Turns whatever a handler threw into a problem document; what nobody foresaw is logged under an id. */
export function installErrors(app: OpenAPIHono, log: Log): void {
  app.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(c, error);
    if (error instanceof EstateFileError) {
      const errors = error.issues.map(({ path, message, line, column }) => ({
        path,
        message: line === null ? message : `${message} (line ${line}:${column})`,
      }));
      const count = errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`;
      return problemResponse(c, new ProblemError(422, `${count}; nothing was applied`, errors));
    }
    if (error instanceof UserError) return problemResponse(c, new ProblemError(422, error.message));
    // Wherever text is taken: a body, but also a question that looks for it.
    if (error instanceof CatalogueTextError) return problemResponse(c, new ProblemError(400, error.message));
    if (error instanceof CatalogueUnavailable) {
      const detail = `the catalogue's database cannot be used at present: ${error.message}`;
      return problemResponse(c, new ProblemError(503, detail, undefined, { 'retry-after': '5' }));
    }
    if (error instanceof HTTPException) {
      return problemResponse(c, new ProblemError(error.status as ContentfulStatusCode, error.message));
    }
    return problemResponse(c, unforeseen(log, c, error));
  });
}

/** 503 with what is not reached, where a store is not; null for all else. */
function unavailable(error: unknown): ProblemError | null {
  if (!(error instanceof StoreUnavailable)) return null;
  const after = String(Math.min(60, Math.ceil((error.retryAfterMs ?? 5000) / 1000)));
  return new ProblemError(503, `the time series is not available: ${error.message}`, undefined, {
    'retry-after': after,
  });
}

/** Logs what nobody foresaw; the answer tells only under which id it is in the log. */
export function unforeseen(log: Log, c: Context, error: unknown): ProblemError {
  const away = unavailable(error);
  if (away) return away;
  const id = c.get('requestId') ?? crypto.randomUUID();
  log.error({ err: error, request_id: id, method: c.req.method, path: c.req.path }, 'http: request failed');
  return new ProblemError(500, `an error that is in the server's log under ${id}`);
}
