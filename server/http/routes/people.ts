import { createRoute, z } from '@hono/zod-openapi';
import type { Identity } from '../../domain/access.ts';
import { auditDetail } from '../audited.ts';
import { ProblemError } from '../problem.ts';
import {
  Grants,
  OneTimePassword,
  People,
  Person,
  PersonChange,
  PersonNew,
  personId,
} from '../schemas/access.ts';
import { answering, personShown } from '../shapes/access.ts';
import { type Api, problems } from './common.ts';

const params = z.object({ id: personId });
const person = { 'application/json': { schema: Person } };
const oneTime = { 'application/json': { schema: OneTimePassword } };

/** Accounts and roles, as administrators see them. */
export function addPeople({ app, deps }: Api): void {
  const { accounts } = deps;
  const { people } = accounts;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/people',
      tags: ['access'],
      summary: 'Everybody who has an account, by the name that they sign in with',
      responses: {
        200: { description: 'People', content: { 'application/json': { schema: People } } },
        ...problems(401, 403),
      },
    }),
    (c) => c.json({ people: people.list().map((p) => personShown(p, deps)) }, 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/people',
      tags: ['access'],
      summary: 'Opens an account, with a password for the first sign-in; it may nothing until it has a role',
      request: { body: { required: true, content: { 'application/json': { schema: PersonNew } } } },
      responses: {
        201: { description: 'Opened', content: oneTime },
        ...problems(400, 401, 403, 409, 413, 415, 503),
      },
    }),
    async (c) => {
      const { account, name } = c.req.valid('json');
      const made = await answering(() => people.add(account, name));
      auditDetail({ target: made.person.id, after: { account, name } });
      return c.json({ person: personShown(made.person, deps), one_time_password: made.password }, 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/people/{id}',
      tags: ['access'],
      summary: 'One of them',
      request: { params },
      responses: { 200: { description: 'Person', content: person }, ...problems(400, 401, 403, 404) },
    }),
    async (c) => c.json(personShown(await answering(() => people.get(c.req.valid('param').id)), deps), 200),
  );
  app.openapi(
    createRoute({
      method: 'put',
      path: '/people/{id}',
      tags: ['access'],
      summary: 'Changes a name, closes an account or opens it again; closing ends its sign-ins',
      request: {
        params,
        body: { required: true, content: { 'application/json': { schema: PersonChange } } },
      },
      responses: {
        200: { description: 'As it is now', content: person },
        ...problems(400, 401, 403, 404, 409, 413, 415),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const fields = c.req.valid('json');
      const { name, disabled } = await answering(() => people.get(id));
      const after = await answering(() => people.change(id, fields));
      auditDetail({
        target: id,
        before: { name, disabled },
        after: { name: after.name, disabled: after.disabled },
      });
      return c.json(personShown(after, deps), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/people/{id}/password',
      tags: ['access'],
      summary: 'A new password for once; all sign-ins and tokens of the person end',
      request: { params },
      responses: {
        200: { description: 'Shown this once', content: oneTime },
        ...problems(400, 401, 403, 404, 503),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const made = await answering(() => people.reset(id, by(c.get('identity'))));
      return c.json({ person: personShown(made.person, deps), one_time_password: made.password }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/people/{id}/factor',
      tags: ['access'],
      summary: 'Removes the second factor of somebody who has lost it',
      request: { params },
      responses: { 200: { description: 'As it is now', content: person }, ...problems(400, 401, 403, 404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(
        personShown(await answering(() => people.removeFactor(id, by(c.get('identity')))), deps),
        200,
      );
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/people/{id}/sessions',
      tags: ['access'],
      summary: 'Ends all sign-ins of somebody',
      request: { params },
      responses: { 200: { description: 'As it is now', content: person }, ...problems(400, 401, 403, 404) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      return c.json(personShown(await answering(() => people.endSessions(id)), deps), 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'put',
      path: '/people/{id}/grants',
      tags: ['access'],
      summary: 'Puts roles in the place of those that somebody has; sign-ins that are open have them at once',
      request: { params, body: { required: true, content: { 'application/json': { schema: Grants } } } },
      responses: {
        200: { description: 'As it is now', content: person },
        ...problems(400, 401, 403, 404, 409, 413, 415, 422),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { grants } = c.req.valid('json');
      const before = (await answering(() => people.get(id))).grants;
      const after = await answering(() => people.setGrants(id, grants, by(c.get('identity'))));
      auditDetail({ target: id, before: { grants: before }, after: { grants: after.grants } });
      return c.json(personShown(after, deps), 200);
    },
  );
}

function by(identity: Identity | null): Identity {
  if (!identity) throw new ProblemError(401, 'not signed in');
  return identity;
}
