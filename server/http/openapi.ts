import type { OpenAPIHono } from '@hono/zod-openapi';
import { RULES } from '../access/rules.ts';
import { problems } from './routes/common.ts';

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/**
 * The OpenAPI document of all routes, with what every one of them may answer because of who asks or how often,
 * and what it needs by the one list.
 */
export function documentOf(app: OpenAPIHono, version: string): Document {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'jieneng',
      version,
      description:
        'Energy-conservation supervision for public institutions. Errors are RFC 9457 problem documents. ' +
        '`x-needs` says which permission a route asks for; where it is held on a part of the tree, the route ' +
        'knows nothing of the rest.',
      license: { name: 'Apache-2.0' },
    },
  });
  const schema = { $ref: '#/components/schemas/Problem' };
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      const rule = RULES[`${method.toUpperCase()} ${path}`];
      const common = rule?.needs === 'anyone' ? problems(403, 429) : problems(401, 403, 429);
      for (const [status, { description }] of Object.entries(common)) {
        operation.responses[status] ??= { description, content: { 'application/problem+json': { schema } } };
      }
      if (rule) operation['x-needs'] = rule.needs;
    }
  }
  return document;
}
