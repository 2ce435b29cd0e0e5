import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type AccessCode, AccessError } from '../../access/errors.ts';
import type { StoredPerson, StoredSession } from '../../catalogue/accounts-rows.ts';
import { type Grant, type Identity, PERMISSIONS, reachOf } from '../../domain/access.ts';
import { isEncrypted } from '../address.ts';
import type { HttpDeps } from '../deps.ts';
import { ProblemError } from '../problem.ts';
import type { GrantShown, Person, Preferences, Session } from '../schemas/access.ts';

const STATUS: Readonly<Record<AccessCode, ContentfulStatusCode>> = {
  wrong: 401,
  signed_out: 401,
  slow: 429,
  busy: 503,
  not_found: 404,
  taken: 409,
  password: 422,
  set_up: 409,
  bad_link: 403,
  last_administrator: 409,
  yourself: 403,
  administrator: 403,
  grant: 422,
  factor_required: 409,
  factor_missing: 409,
  factor_there: 409,
  factor_key: 409,
  limit: 409,
  no_read: 409,
};

/** Does what the room of accounts may refuse, and refuses it in the words of HTTP. */
export async function answering<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const { code, reason, message, path, waitMs } = error;
    const headers = waitMs > 0 ? { 'retry-after': String(Math.ceil(waitMs / 1000)) } : {};
    throw new ProblemError(STATUS[code], message, [{ path, message, code: reason ?? code }], headers);
  }
}

type Deps = Pick<HttpDeps, 'accounts' | 'wholeEstate'>;

export function grantsShown(
  grants: readonly Grant[],
  { wholeEstate }: Pick<Deps, 'wholeEstate'>,
): GrantShown[] {
  const estate = wholeEstate();
  return grants.map(({ role, node }) => ({
    role,
    node,
    node_name: node === null ? null : (estate.node(node)?.name ?? null),
  }));
}

/** Who asks, by the cookie that the answer leaves it with. @param cookie in the place of the request's */
export function sessionShown(c: Context, deps: Deps, identity: Identity | null, headers: Headers): Session {
  const { accounts } = deps;
  const { zone } = deps.wholeEstate();
  const standing = accounts.standing(headers);
  const { session, person } = standing;
  const nobody: Session = {
    state: standing.state,
    person: null,
    grants: [],
    permissions: [],
    preferences: { elder: false },
    second_factor: null,
    idle_until: null,
    until: null,
    encrypted: isEncrypted(c),
    demo:
      accounts.demo?.map(({ user, name, role, node }) => ({
        user,
        name,
        role,
        node_name: node === null ? null : (deps.wholeEstate().node(node)?.name ?? null),
      })) ?? null,
  };
  if (identity?.kind === 'operator' && !session) {
    return { ...nobody, state: 'signed_in', permissions: permissionsOf(identity) };
  }
  const ends = session ? accounts.sessions.endsAt(session) : null;
  const times = ends && { idle_until: zone.iso(ends.idle), until: zone.iso(ends.life) };
  if (!person) return { ...nobody, ...times };
  return {
    ...nobody,
    ...times,
    person: { id: person.id, account: person.account, name: person.name },
    grants: grantsShown(person.grants, deps),
    permissions: permissionsOf(person),
    preferences: JSON.parse(person.preferences) as Preferences,
    second_factor: {
      enrolled: person.factor !== null,
      required: accounts.sessions.needsFactor(person),
      codes_left: person.codes,
    },
  };
}

function permissionsOf(of: Identity | StoredPerson): Session['permissions'] {
  const identity: Identity =
    'kind' in of
      ? of
      : { kind: 'person', id: of.id, name: of.name, session: '', grants: of.grants, mustChange: false };
  return PERMISSIONS.flatMap((permission) => {
    const reach = reachOf(identity, permission);
    if (reach.length === 0) return [];
    return [{ permission, nodes: reach === 'all' ? null : [...reach] }];
  });
}

export function personShown(person: StoredPerson, deps: Deps): Person {
  const { zone } = deps.wholeEstate();
  return {
    id: person.id,
    account: person.account,
    name: person.name,
    disabled: person.disabled,
    must_change: person.mustChange,
    second_factor: person.factor !== null,
    created_at: zone.iso(person.createdAt),
    password_at: zone.iso(person.passwordAt),
    signed_in_at: person.signedInAt === null ? null : zone.iso(person.signedInAt),
    sessions: deps.accounts.sessionsOf(person.id).length,
    grants: grantsShown(person.grants, deps),
  };
}

/** The sign-in that a request goes by. @throws ProblemError where it goes by something else, such as a token */
export async function ownSession(c: Context, { accounts }: Pick<Deps, 'accounts'>): Promise<StoredSession> {
  const { session, person } = accounts.standing(c.req.raw.headers);
  if (session && person) return session;
  const identity = c.get('identity');
  if (!identity) throw new ProblemError(401, 'not signed in');
  throw new ProblemError(409, 'this is for persons who are signed in, not for the operator or a token');
}
