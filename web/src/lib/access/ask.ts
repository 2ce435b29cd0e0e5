import { ApiError, apiPath, request } from '../api/client.ts';

/** Asks a route of accounts, devices or the audit trail; an answer without content gives null. @throws ApiError */
export async function ask<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  route: string,
  body?: unknown,
): Promise<T | null> {
  const response = await request(apiPath(route), {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === '' ? null : (JSON.parse(text) as T);
}

/** @returns the failure; whatever else was thrown goes on */
export function failureOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}
