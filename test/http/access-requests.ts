import { codeAt } from '../../server/access/second-factor.ts';
import { cookieOf } from '../../server/access/sessions.ts';
import { OF_THE_PAGE } from '../support/person.ts';
import type { Rig } from './rig.ts';

type Request = [string, RequestInit?];
const PASSWORD = 'a long enough one';
const CLIENT = { address: '127.0.0.1', agent: 'test', browser: null };

export interface SignedIn {
  id: string;
  account: string;
  password: string;
  /** The header that a browser would send. */
  cookie: string;
}

let made = 0;

/** A person who is signed in with a password of his own. */
export async function signedIn(r: Pick<Rig, 'deps'>, account = `person${++made}`): Promise<SignedIn> {
  const { accounts } = r.deps;
  const { person, password } = await accounts.people.add(account, '张三');
  const first = await accounts.signIn.byPassword(account, password, CLIENT, null);
  const session = accounts.sessionOf(new Headers({ cookie: `jieneng=${first.token}` }));
  const token = await accounts.own.changePassword(session, { current: password, new: PASSWORD }, CLIENT);
  return { id: person.id, account, password: PASSWORD, cookie: `jieneng=${token}` };
}

/** The bytes behind the text that is typed into an app. */
export function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** Gives somebody a second factor. @returns its secret and backup codes */
export async function enrolled(
  r: Pick<Rig, 'deps'>,
  { cookie, password }: SignedIn,
): Promise<{ secret: Uint8Array; codes: string[] }> {
  const { accounts, now } = r.deps;
  const session = accounts.sessionOf(new Headers({ cookie }));
  const secret = fromBase32((await accounts.own.beginFactor(session, password)).secret);
  return { secret, codes: accounts.own.confirmFactor(session, codeAt(secret, now())) };
}

const body = (method: string, content: unknown, cookie = ''): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...(cookie !== '' && { ...OF_THE_PAGE, cookie }) },
  body: JSON.stringify(content),
});
const by = (method: string, { cookie }: { cookie: string }): RequestInit => ({
  method,
  headers: { ...OF_THE_PAGE, cookie },
});

/** One good request for each route of accounts and sign-ins; those of the set-up come before there is anybody. */
export const ACCESS_REQUESTS: Record<string, (r: Rig) => Request | Promise<Request>> = {
  'POST /api/v1/setup/link': () => ['/api/v1/setup/link', { method: 'POST' }],
  'POST /api/v1/setup': (r) => {
    const [, token = ''] = r.deps.accounts.setup.newLink().path.split('#');
    const system = { account: 'chen', name: '陈系统', password: PASSWORD };
    const security = { account: 'liu', name: '刘安全' };
    const audit = { account: 'sun', name: '孙审计' };
    return ['/api/v1/setup', body('POST', { token, administrators: { system, security, audit } })];
  },
  'GET /api/v1/session': () => ['/api/v1/session'],
  'POST /api/v1/session': async (r) => {
    const { account, password } = await signedIn(r);
    return ['/api/v1/session', body('POST', { account, password })];
  },
  'DELETE /api/v1/session': async (r) => ['/api/v1/session', by('DELETE', await signedIn(r))],
  'POST /api/v1/session/second-factor': async (r) => {
    const person = await signedIn(r);
    const { codes } = await enrolled(r, person);
    const { account, password } = person;
    const { token } = await r.deps.accounts.signIn.byPassword(account, password, CLIENT, null);
    return ['/api/v1/session/second-factor', body('POST', { code: codes[0] }, `jieneng=${token}`)];
  },
  'POST /api/v1/session/demo': () => ['/api/v1/session/demo', body('POST', { user: 'manager' })],
  'PUT /api/v1/session/password': async (r) => {
    const { password, cookie } = await signedIn(r);
    return ['/api/v1/session/password', body('PUT', { current: password, new: 'another long one' }, cookie)];
  },
  'PUT /api/v1/session/preferences': async (r) => {
    const { cookie } = await signedIn(r);
    return ['/api/v1/session/preferences', body('PUT', { elder: true, language: 'zh' }, cookie)];
  },
  'POST /api/v1/session/factor': async (r) => {
    const { password, cookie } = await signedIn(r);
    return ['/api/v1/session/factor', body('POST', { password }, cookie)];
  },
  'PUT /api/v1/session/factor': async (r) => {
    const { password, cookie } = await signedIn(r);
    const session = r.deps.accounts.sessionOf(new Headers({ cookie }));
    const { secret } = await r.deps.accounts.own.beginFactor(session, password);
    const code = codeAt(fromBase32(secret), r.deps.now());
    return ['/api/v1/session/factor', body('PUT', { code }, cookie)];
  },
  'POST /api/v1/session/factor/codes': async (r) => {
    const person = await signedIn(r);
    await enrolled(r, person);
    return ['/api/v1/session/factor/codes', body('POST', { password: person.password }, person.cookie)];
  },
  'POST /api/v1/session/factor/removal': async (r) => {
    const person = await signedIn(r);
    await enrolled(r, person);
    return ['/api/v1/session/factor/removal', body('POST', { password: person.password }, person.cookie)];
  },
  'GET /api/v1/sessions': async (r) => ['/api/v1/sessions', by('GET', await signedIn(r))],
  'DELETE /api/v1/sessions': async (r) => ['/api/v1/sessions', by('DELETE', await signedIn(r))],
  'DELETE /api/v1/sessions/{id}': async (r) => {
    const person = await signedIn(r);
    const { id } = r.deps.accounts.sessionOf(new Headers({ cookie: person.cookie }));
    return [`/api/v1/sessions/${id}`, by('DELETE', person)];
  },
  'GET /api/v1/people': () => ['/api/v1/people'],
  'POST /api/v1/people': () => ['/api/v1/people', body('POST', { account: 'li.si', name: '李四' })],
  'GET /api/v1/people/{id}': async (r) => [`/api/v1/people/${(await signedIn(r)).id}`],
  'PUT /api/v1/people/{id}': async (r) => [
    `/api/v1/people/${(await signedIn(r)).id}`,
    body('PUT', { name: '王五', disabled: true }),
  ],
  'POST /api/v1/people/{id}/password': async (r) => [
    `/api/v1/people/${(await signedIn(r)).id}/password`,
    { method: 'POST' },
  ],
  'DELETE /api/v1/people/{id}/factor': async (r) => [
    `/api/v1/people/${(await signedIn(r)).id}/factor`,
    { method: 'DELETE' },
  ],
  'DELETE /api/v1/people/{id}/sessions': async (r) => [
    `/api/v1/people/${(await signedIn(r)).id}/sessions`,
    { method: 'DELETE' },
  ],
  'PUT /api/v1/people/{id}/grants': async (r) => [
    `/api/v1/people/${(await signedIn(r)).id}/grants`,
    body('PUT', { grants: [{ role: 'viewer', node: 'gov' }] }),
  ],
  'GET /api/v1/tokens': async (r) => ['/api/v1/tokens', by('GET', await signedIn(r))],
  'POST /api/v1/tokens': async (r) => {
    const { id, cookie, password } = await signedIn(r);
    r.deps.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], { kind: 'operator' });
    return ['/api/v1/tokens', body('POST', { name: '月报脚本', days: 30, password }, cookie)];
  },
  'DELETE /api/v1/tokens/{id}': async (r) => {
    const { id, cookie } = await signedIn(r);
    r.deps.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], { kind: 'operator' });
    const { token } = r.deps.accounts.own.addToken(id, 'script', 1);
    return [`/api/v1/tokens/${token.id}`, by('DELETE', { cookie })];
  },
};

/** Where the answer is not 200. */
export const ACCESS_STATUS: Record<string, number> = {
  'POST /api/v1/setup': 201,
  // There is nobody to click on but in the demonstration.
  'POST /api/v1/session/demo': 404,
  'DELETE /api/v1/session': 204,
  'POST /api/v1/session/factor/removal': 204,
  'DELETE /api/v1/sessions': 204,
  'DELETE /api/v1/sessions/{id}': 204,
  'POST /api/v1/people': 201,
  'POST /api/v1/tokens': 201,
  'DELETE /api/v1/tokens/{id}': 204,
};

/** The sign-in that an answer gave the browser, as it would send it; null: none. */
export function cookieGiven(response: Response): string | null {
  const pairs = response.headers.getSetCookie().map((line) => line.split(';')[0]);
  const token = cookieOf(new Headers({ cookie: pairs.join('; ') }), 'session');
  return token === null || token === '' ? null : `jieneng=${token}`;
}
