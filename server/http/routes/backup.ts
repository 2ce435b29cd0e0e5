import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { createRoute, z } from '@hono/zod-openapi';
import { ProblemError } from '../problem.ts';
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
    async (c) => {
      const { directory } = c.req.valid('json');
      // What lies there is given to anybody, without a sign-in.
      if (isBelow(directory, deps.webRoot)) {
        throw new ProblemError(422, `${directory} lies among the files of the dashboard`, [
          { path: 'directory', message: 'lies among the files of the dashboard' },
        ]);
      }
      return c.json(await deps.backup(directory), 200);
    },
  );
}

/** Whether a path, of which only the beginning may be there yet, is a directory or lies in it, by whatever links. */
function isBelow(path: string, directory: string): boolean {
  const steps = relative(real(normalize(directory)), real(normalize(path)));
  return steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}

function real(path: string): string {
  const parent = dirname(path);
  if (existsSync(path)) return realpathSync(path);
  return parent === path ? path : join(real(parent), basename(path));
}
