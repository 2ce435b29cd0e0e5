import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { COOKIES } from '../../access/sessions.ts';
import type { SignedIn } from '../../access/sign-in.ts';
import { ACCOUNT_PATTERN } from '../../domain/access.ts';
import { auditDetail } from '../audited.ts';
import { clientOf, giveSession, takeSession } from '../cookies.ts';
import { ProblemError } from '../problem.ts';
import { SecondFactorGiven, Session, SignIn } from '../schemas/access.ts';
import { answering, sessionShown } from '../shapes/access.ts';
import { type Api, problems } from './common.ts';

const answer = {
  200: { description: 'Where the sign-in stands now', content: { 'application/json': { schema: Session } } },
};

/** Signing in and out. */
export function addSession({ app, deps }: Api): void {
  const { accounts } = deps;
  /** Gives the browser what it signed in to, and tells what that is. */
  const begun = (c: Context, signedIn: SignedIn): Session => {
    giveSession(c, signedIn);
    const headers = new Headers({ cookie: `${COOKIES.session.plain}=${signedIn.token}` });
    const session = accounts.sessions.of(headers);
    if (session) {
      const { id, name } = accounts.personOf(session);
      auditDetail({
        action: 'sign_in',
        actor: { kind: 'person', id, name },
        after: { stage: session.stage },
      });
    }
    return sessionShown(c, deps, null, headers);
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/session',
      tags: ['access'],
      summary: 'Who asks, and what they may; the state says what comes next',
      responses: answer,
    }),
    (c) => c.json(sessionShown(c, deps, c.get('identity'), c.req.raw.headers), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session',
      tags: ['access'],
      summary: 'Signs in with a name and a password',
      description:
        'Sets a cookie. 401 with the code `wrong` says no more, whichever of the two it was; 429 with the code ' +
        '`slow` tells by retry-after when the next attempt is looked at.',
      request: { body: { required: true, content: { 'application/json': { schema: SignIn } } } },
      responses: { ...answer, ...problems(400, 401, 403, 413, 415, 429, 503) },
    }),
    async (c) => {
      const { account, password } = c.req.valid('json');
      // What is no name of an account may be a password that was typed into the wrong field.
      const named = account.toLowerCase();
      auditDetail({ action: 'sign_in', target: ACCOUNT_PATTERN.test(named) ? named : '' });
      const { session } = accounts.standing(c.req.raw.headers);
      const signedIn = await answering(() =>
        accounts.signIn.byPassword(account, password, clientOf(c), session),
      );
      return c.json(begun(c, signedIn), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session/second-factor',
      tags: ['access'],
      summary: 'The code after the password: of the app, or a backup code',
      request: { body: { required: true, content: { 'application/json': { schema: SecondFactorGiven } } } },
      responses: { ...answer, ...problems(400, 401, 403, 409, 413, 415, 429) },
    }),
    async (c) => {
      const { session } = accounts.standing(c.req.raw.headers);
      if (session?.stage !== 'factor') throw new ProblemError(409, 'no code is asked for');
      const { code } = c.req.valid('json');
      auditDetail({ target: accounts.personOf(session).account });
      const signedIn = await answering(() => accounts.signIn.byCode(session, code, clientOf(c)));
      return c.json(begun(c, signedIn), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session/demo',
      tags: ['access'],
      summary: 'Signs in as somebody of the demonstration; elsewhere there is nobody to be found',
      request: {
        body: {
          required: true,
          content: { 'application/json': { schema: z.object({ user: z.string().min(1).max(40) }) } },
        },
      },
      responses: { ...answer, ...problems(400, 403, 404, 413, 415) },
    }),
    async (c) => {
      const { user } = c.req.valid('json');
      const { session } = accounts.standing(c.req.raw.headers);
      const signedIn = await answering(() => accounts.byClick(user, clientOf(c), session));
      return c.json(begun(c, signedIn), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/session',
      tags: ['access'],
      summary: 'Signs out',
      responses: { 204: { description: 'Nobody is signed in any more' }, ...problems(403) },
    }),
    (c) => {
      const { session } = accounts.standing(c.req.raw.headers);
      if (session) accounts.sessions.end([session]);
      takeSession(c);
      return c.body(null, 204);
    },
  );
}
