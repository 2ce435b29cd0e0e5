import { isAbsolute } from 'node:path';
import { createRoute, z } from '@hono/zod-openapi';
import { BackupResult } from '../schemas/health.ts';
import { type Api, problems } from './common.ts';

export function addBackup({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/backup',
      tags: ['status'],
      summary: 'Writes a consistent copy of all data into a directory of the server’s machine',
      description: 'The directory is empty or does not exist yet. The server goes on working meanwhile.',
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z.object({
                directory: z.string().min(1).max(4096).refine(isAbsolute, 'must be an absolute path'),
              }),
            },
          },
        },
      },
      responses: {
        200: { description: 'What was written', content: { 'application/json': { schema: BackupResult } } },
        ...problems(400, 413, 415, 422),
      },
    }),
    async (c) => c.json(await deps.backup(c.req.valid('json').directory), 200),
  );
}
