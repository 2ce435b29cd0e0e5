import { createRoute } from '@hono/zod-openapi';
import { Setup, SetupDone, SetupLink } from '../schemas/access.ts';
import { answering } from '../shapes/access.ts';
import { type Api, problems } from './common.ts';

/** The first start: from a link that only the owner of the machine has seen to three administrators. */
export function addSetup({ app, deps }: Api): void {
  const { accounts } = deps;
  app.openapi(
    createRoute({
      method: 'post',
      path: '/setup',
      tags: ['access'],
      summary: 'Makes the three administrators; once, with the link that the first start prints',
      description:
        'Whoever holds the link chooses the password of one of the three; the two others get one for once, which the answer shows.',
      request: { body: { required: true, content: { 'application/json': { schema: Setup } } } },
      responses: {
        201: { description: 'They are there', content: { 'application/json': { schema: SetupDone } } },
        ...problems(400, 403, 409, 413, 415, 422, 503),
      },
    }),
    async (c) => {
      const { token, administrators } = c.req.valid('json');
      return c.json(
        { administrators: await answering(() => accounts.setup.run(token, administrators)) },
        201,
      );
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/setup/link',
      tags: ['access'],
      summary: 'A new set-up link in the place of the one before; for the owner of the data directory',
      responses: {
        200: { description: 'The link', content: { 'application/json': { schema: SetupLink } } },
        ...problems(401, 403, 409),
      },
    }),
    async (c) => {
      const { path, until } = await answering(() => accounts.setup.newLink());
      return c.json({ path, until: deps.wholeEstate().zone.iso(until) }, 200);
    },
  );
}
