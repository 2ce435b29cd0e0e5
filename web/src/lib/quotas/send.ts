/** Writes something down by a route, and gives the faults that the server finds to the fields that have them. */
import { ApiError, apiPath, type Query, request } from '../api/client.ts';

export interface Sent<T> {
  data: T | null;
  /** By field, as the server spells it: `coefficients[0].kgce`. */
  faults: Record<string, string>;
  /** What no field is to blame for. */
  error: ApiError | null;
}

export async function send<T>(
  method: 'PUT' | 'POST' | 'DELETE',
  route: string,
  body?: unknown,
  query: Query = {},
): Promise<Sent<T>> {
  try {
    const response = await request(apiPath(route, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { data: (await response.json()) as T, faults: {}, error: null };
  } catch (cause) {
    const error = cause instanceof ApiError ? cause : new ApiError(0, null);
    const named = error.problem?.errors ?? [];
    return {
      data: null,
      faults: Object.fromEntries(named.map((e) => [e.path, e.message])),
      error: named.length > 0 ? null : error,
    };
  }
}
