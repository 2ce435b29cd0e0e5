import { ApiError, apiPath, type Query, request } from './client.ts';

/** What came of sending something: the answer, or what is wrong with it, by field. */
export interface Sent<T> {
  data: T | null;
  /** By field, as the server spells it: base.value, coefficients[0].kgce. */
  faults: Record<string, string>;
  /** What no field is to blame for. */
  error: ApiError | null;
}

/** Writes something down by a route; an aborted one comes back empty. */
export async function send<T>(
  method: 'PUT' | 'POST' | 'DELETE',
  route: string,
  body?: unknown,
  query: Query = {},
  signal?: AbortSignal,
): Promise<Sent<T>> {
  try {
    const response = await request(apiPath(route, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    return { data: (await response.json()) as T, faults: {}, error: null };
  } catch (cause) {
    if (signal?.aborted) return { data: null, faults: {}, error: null };
    const error = cause instanceof ApiError ? cause : new ApiError(0, null);
    const named = error.problem?.errors ?? [];
    return {
      data: null,
      faults: Object.fromEntries(named.map((e) => [e.path, e.message])),
      error: named.length > 0 ? null : error,
    };
  }
}
