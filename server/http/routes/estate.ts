import { createRoute, z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { authorOf } from '../authorise.ts';
import { ProblemError } from '../problem.ts';
import { EstateApplied } from '../schemas/estate.ts';
import { type Api, problems } from './common.ts';

const ESTATE_BYTES = 32 * 2 ** 20;
const YAML = /^(application|text)\/(x-)?yaml\s*(;|$)/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

export function addEstate({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/estate',
      tags: ['estate'],
      summary: 'The estate as an estate file',
      description:
        'Whoever sees a part of the tree gets that part, as an estate of its own: upstream meters elsewhere are left ' +
        'out, and virtual meters that are made of such.',
      responses: { 200: { description: 'YAML', content: { 'application/yaml': { schema: z.string() } } } },
    }),
    () =>
      new Response(deps.exportEstate(deps.estate()), {
        headers: {
          'content-type': 'application/yaml; charset=utf-8',
          'content-disposition': 'attachment; filename="estate.yaml"',
        },
      }),
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/estate',
      tags: ['estate'],
      summary: 'Creates or updates what an estate file names, all or nothing',
      description: 'What the file does not name is left alone. Sending the same file twice changes nothing.',
      middleware: [
        bodyLimit({
          maxSize: ESTATE_BYTES,
          onError: () => {
            throw new ProblemError(413, `an estate file has at most ${ESTATE_BYTES / 2 ** 20} MiB`);
          },
        }),
      ],
      request: {
        body: {
          required: true,
          content: {
            'application/yaml': { schema: z.string().openapi({ description: 'An estate file' }) },
            // No validator's schema: the catalogue reads the text and tells the line of every mistake.
            'application/json': { schema: { type: 'object', description: 'The same in JSON' } },
          },
        },
      },
      responses: {
        200: { description: 'What changed', content: { 'application/json': { schema: EstateApplied } } },
        ...problems(400, 413, 415, 422),
      },
    }),
    async (c) => {
      const type = c.req.header('content-type') ?? '';
      if (!YAML.test(type) && !JSON_TYPE.test(type)) {
        throw new ProblemError(
          415,
          'Content-Type: an estate file is taken as application/yaml or application/json',
        );
      }
      // As text in both cases: then a mistake is told with its line.
      const { created, updated, unchanged } = await deps.applyEstate(await c.req.text(), authorOf(c, 'http'));
      return c.json({ created, updated, unchanged }, 200);
    },
  );
}
