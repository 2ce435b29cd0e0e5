import type { Problem } from '../../../../server/http/schemas/common.ts';

/** Why a request gave no answer, with what the server said about it. */
export class ApiError extends Error {
  /** 0: the server was not reached. */
  readonly status: number;
  readonly problem: Problem | null;
  /** When the next try may be, s. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem | null, retryAfter: number | null = null) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export type Query = Record<string, string | number | null | undefined>;

/** The address of a route with its query; what is null is left out. */
export function apiPath(route: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) params.set(key, String(value));
  }
  const text = params.toString();
  return `/api/v1${route}${text ? `?${text}` : ''}`;
}

/** What the page asks for by itself says so: it does not keep a sign-in alive, and does not wait for one. */
export const BACKGROUND = { 'x-jieneng-background': '1' } as const;

/** Who looks after the sign-in; the requests tell it what they meet. */
export interface SignInWatch {
  /** Nobody is signed in any more. @returns when somebody is again; false: the request is not to be repeated */
  lost(): Promise<boolean>;
  /** An answer came that keeps the sign-in alive. */
  used(): void;
  /** Somebody may not what the page offered: it may have been taken away meanwhile. */
  refused(): void;
}
let watch: SignInWatch | null = null;

export function watchSignIn(by: SignInWatch | null): void {
  watch = by;
}

/** Where a refusal is the answer, not the end of a sign-in. */
const OF_SIGN_IN = /^\/api\/v1\/(session(\/.*)?|setup)$/;

/**
 * A request that finds the sign-in ended waits for the next one and is sent again.
 * @throws ApiError for every answer but 2xx and when there is no answer; an abort throws as fetch does.
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const isBackground = Object.keys(BACKGROUND).some((name) => new Headers(init.headers).has(name));
  for (let tries = 1; ; tries++) {
    let response: Response;
    try {
      response = await fetch(path, init);
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
      throw new ApiError(0, null);
    }
    if (response.ok) {
      if (!isBackground) watch?.used();
      return response;
    }
    if (response.status === 401 && watch && tries === 1 && !OF_SIGN_IN.test(path)) {
      const again = watch.lost();
      if (!isBackground && (await again)) continue;
    }
    if (response.status === 403 && !OF_SIGN_IN.test(path)) watch?.refused();
    throw new ApiError(response.status, await problemOf(response), retryAfter(response));
  }
}

/** Seconds to wait before the next try, where the answer says so. */
function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

/** The caller names the shape: it is that of the route in the server's schemas. */
export async function getJson<T>(
  path: string,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await request(path, {
    headers: { accept: 'application/json', ...headers },
    ...(signal && { signal }),
  });
  return (await response.json()) as T;
}

export async function sendJson<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<Problem | null> {
  if (!response.headers.get('content-type')?.includes('json')) return null;
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'title' in body ? (body as Problem) : null;
  } catch {
    return null;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
