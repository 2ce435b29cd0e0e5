import type { Grant } from '../../server/domain/access.ts';
import type { OneTimePassword } from '../../server/http/schemas/access.ts';
import type { RunningServer } from './server.ts';

/** May everything that is done with figures, meters, targets and the system itself. */
export const EVERYTHING: readonly Grant[] = [
  { role: 'supervisor', node: null },
  { role: 'metering_engineer', node: null },
  { role: 'system_admin', node: null },
];
/** What a browser says of a request that the dashboard made. */
export const OF_THE_PAGE = { 'sec-fetch-site': 'same-origin' };
const PASSWORD = 'quite-long-and-odd';

/**
 * Signs a new person in over TCP, as a browser does.
 * @returns the Cookie header for further requests
 */
export async function signedInAt(
  server: Pick<RunningServer, 'url' | 'fetch'>,
  account: string,
  grants: readonly Grant[] = EVERYTHING,
): Promise<string> {
  const json = (method: string, body: object, cookie = ''): RequestInit => ({
    method,
    headers: { ...OF_THE_PAGE, 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  });
  const good = async (answer: Response): Promise<Response> => {
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer;
  };
  const made = await good(await server.fetch('/api/v1/people', json('POST', { account, name: '张三' })));
  const { person, one_time_password } = (await made.json()) as OneTimePassword;
  await good(await server.fetch(`/api/v1/people/${person.id}/grants`, json('PUT', { grants })));
  const session = `${server.url}/api/v1/session`;
  const first = await good(await fetch(session, json('POST', { account, password: one_time_password })));
  const change = { current: one_time_password, new: PASSWORD };
  const changed = await good(await fetch(`${session}/password`, json('PUT', change, cookieFrom(first))));
  return cookieFrom(changed);
}

/** The sign-in that an answer gave, as a browser would send it back. */
export function cookieFrom(answer: Response): string {
  const [given] = answer.headers.getSetCookie().filter((line) => line.startsWith('jieneng='));
  if (!given) throw new Error('the answer signs nobody in');
  return given.split(';')[0] as string;
}
