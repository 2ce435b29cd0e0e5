import { createRoute, z } from '@hono/zod-openapi';
import type { StoredToken } from '../../catalogue/accounts-rows.ts';
import type { Zone } from '../../domain/time.ts';
import { type Token, TokenMade, TokenNew, Tokens } from '../schemas/access.ts';
import { answering, ownSession } from '../shapes/access.ts';
import { type Api, problems } from './common.ts';

/** Tokens by which a person's scripts read what the person may read. */
export function addTokens({ app, deps }: Api): void {
  const { own } = deps.accounts;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/tokens',
      tags: ['access'],
      summary: 'One’s own tokens for scripts',
      responses: {
        200: { description: 'Tokens', content: { 'application/json': { schema: Tokens } } },
        ...problems(401, 403, 409),
      },
    }),
    async (c) => {
      const { person } = await ownSession(c, deps);
      const { zone } = deps.wholeEstate();
      return c.json({ tokens: own.tokens(person).map((t) => shown(t, zone)) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/tokens',
      tags: ['access'],
      summary: 'Makes a token: `Authorization: Bearer …` reads what its owner may read',
      request: { body: { required: true, content: { 'application/json': { schema: TokenNew } } } },
      responses: {
        201: { description: 'Shown this once', content: { 'application/json': { schema: TokenMade } } },
        ...problems(400, 401, 403, 409, 413, 415, 429, 503),
      },
    }),
    async (c) => {
      const session = await ownSession(c, deps);
      const { person } = session;
      const { name, days, password } = c.req.valid('json');
      await answering(() => own.confirm(session, password));
      const { token, secret } = await answering(() => own.addToken(person, name, days));
      return c.json({ token: shown(token, deps.wholeEstate().zone), secret }, 201);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/tokens/{id}',
      tags: ['access'],
      summary: 'Takes a token back',
      request: { params: z.object({ id: z.string().min(1).max(40) }) },
      responses: { 204: { description: 'It is of no use any more' }, ...problems(400, 401, 403, 404, 409) },
    }),
    async (c) => {
      const { person } = await ownSession(c, deps);
      await answering(() => own.endToken(person, c.req.valid('param').id));
      return c.body(null, 204);
    },
  );
}

function shown(token: StoredToken, zone: Zone): Token {
  return {
    id: token.id,
    name: token.name,
    created_at: zone.iso(token.createdAt),
    expires_at: zone.iso(token.expiresAt),
    used_at: token.usedAt === null ? null : zone.iso(token.usedAt),
  };
}
