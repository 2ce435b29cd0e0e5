import { createRoute, z } from '@hono/zod-openapi';
import { COOKIES } from '../../access/sessions.ts';
import { clientOf, giveSession, takeSession } from '../cookies.ts';
import { ProblemError } from '../problem.ts';
import {
  BackupCodes,
  FactorBegun,
  OwnSessions,
  PasswordAgain,
  PasswordChange,
  Preferences,
  SecondFactorGiven,
  Session,
} from '../schemas/access.ts';
import { answering, ownSession, sessionShown } from '../shapes/access.ts';
import { type Api, problems } from './common.ts';

/** What somebody who is signed in does with his own account. */
export function addOwnAccount({ app, deps }: Api): void {
  const { accounts } = deps;
  app.openapi(
    createRoute({
      method: 'put',
      path: '/session/password',
      tags: ['access'],
      summary: 'Changes one’s own password; every other sign-in of the account ends',
      description:
        'What is wrong with the new one is the code of the error at `new`: too_short, too_long, has_name, common, ' +
        'used_before. 401 at `current`: that is not the password.',
      request: { body: { required: true, content: { 'application/json': { schema: PasswordChange } } } },
      responses: {
        200: { description: 'Changed', content: { 'application/json': { schema: Session } } },
        ...problems(400, 401, 403, 409, 413, 415, 422, 429, 503),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const passwords = c.req.valid('json');
      const token = await answering(() => accounts.own.changePassword(session, passwords, clientOf(c)));
      giveSession(c, { token, browser: null });
      const headers = new Headers({ cookie: `${COOKIES.session.plain}=${token}` });
      return c.json(sessionShown(c, deps, null, headers), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'put',
      path: '/session/preferences',
      tags: ['access'],
      summary: 'How the pages look for this person, in every browser',
      request: { body: { required: true, content: { 'application/json': { schema: Preferences } } } },
      responses: {
        200: { description: 'Kept', content: { 'application/json': { schema: Preferences } } },
        ...problems(400, 401, 403, 409, 413, 415),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const preferences = c.req.valid('json');
      accounts.own.setPreferences(session, preferences);
      return c.json(preferences, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session/factor',
      tags: ['access'],
      summary: 'Begins to set up a second factor; it holds once a code of it came back',
      request: { body: { required: true, content: { 'application/json': { schema: PasswordAgain } } } },
      responses: {
        200: { description: 'For the app', content: { 'application/json': { schema: FactorBegun } } },
        ...problems(400, 401, 403, 409, 413, 415, 429, 503),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const { password } = c.req.valid('json');
      return c.json(await answering(() => accounts.own.beginFactor(session, password)), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'put',
      path: '/session/factor',
      tags: ['access'],
      summary: 'Confirms the second factor by its first code',
      request: { body: { required: true, content: { 'application/json': { schema: SecondFactorGiven } } } },
      responses: {
        200: {
          description: 'It holds; backup codes',
          content: { 'application/json': { schema: BackupCodes } },
        },
        ...problems(400, 401, 403, 409, 413, 415, 429),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const { code } = c.req.valid('json');
      return c.json({ codes: await answering(() => accounts.own.confirmFactor(session, code)) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session/factor/removal',
      tags: ['access'],
      summary: 'Removes one’s own second factor',
      request: { body: { required: true, content: { 'application/json': { schema: PasswordAgain } } } },
      responses: { 204: { description: 'Removed' }, ...problems(400, 401, 403, 409, 413, 415, 429, 503) },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const { password } = c.req.valid('json');
      await answering(() => accounts.own.removeFactor(session, password));
      return c.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/session/factor/codes',
      tags: ['access'],
      summary: 'New backup codes in the place of the old ones',
      request: { body: { required: true, content: { 'application/json': { schema: PasswordAgain } } } },
      responses: {
        200: { description: 'Shown this once', content: { 'application/json': { schema: BackupCodes } } },
        ...problems(400, 401, 403, 409, 413, 415, 429, 503),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const { password } = c.req.valid('json');
      return c.json({ codes: await answering(() => accounts.own.newCodes(session, password)) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/sessions',
      tags: ['access'],
      summary: 'One’s own open sign-ins, the newest first',
      responses: {
        200: { description: 'Sign-ins', content: { 'application/json': { schema: OwnSessions } } },
        ...problems(401, 403, 409),
      },
    }),
    async (c) => {
      const current = await ownSession(c, deps);
      const { zone } = deps.wholeEstate();
      const own = accounts.sessionsOf(current.person).sort((a, b) => b.createdAt - a.createdAt);
      const sessions = own.map((s) => ({
        id: s.id,
        current: s.id === current.id,
        since: zone.iso(s.createdAt),
        last: zone.iso(s.seenAt),
        from: s.address,
        agent: s.agent,
        until: zone.iso(accounts.sessions.endsAt(s).life),
      }));
      return c.json({ sessions }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/sessions',
      tags: ['access'],
      summary: 'Signs out everywhere, here too',
      responses: { 204: { description: 'All have ended' }, ...problems(401, 403, 409) },
    }),
    async (c) => {
      const { person } = await ownSession(c, deps);
      accounts.sessions.end(accounts.sessionsOf(person));
      takeSession(c);
      return c.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/sessions/{id}',
      tags: ['access'],
      summary: 'Ends one of one’s own sign-ins',
      request: { params: z.object({ id: z.string().min(1).max(40) }) },
      responses: { 204: { description: 'It has ended' }, ...problems(400, 401, 403, 404, 409) },
    }),
    async (c) => {
      const { person } = await ownSession(c, deps);
      const { id } = c.req.valid('param');
      const session = accounts.sessionsOf(person).find((s) => s.id === id);
      if (!session) throw new ProblemError(404, `no sign-in ${JSON.stringify(id)} of yours`);
      accounts.sessions.end([session]);
      return c.body(null, 204);
    },
  );
}
