import { createRoute, z } from '@hono/zod-openapi';
import { PACKET_LIMIT_BYTES } from '../../domain/reading.ts';
import { authorOf } from '../authorise.ts';
import { badField } from '../problem.ts';
import { EstateApplied } from '../schemas/estate.ts';
import { ProfileList, ProfileTest } from '../schemas/profiles.ts';
import { type Api, problems } from './common.ts';

export function addProfiles({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/profiles',
      tags: ['profiles'],
      summary: 'Payload profiles, own ones before those that came with the program',
      responses: {
        200: { description: 'Profiles', content: { 'application/json': { schema: ProfileList } } },
      },
    }),
    (c) => c.json({ profiles: deps.profiles().map((p) => ({ ...p, profile: { ...p.profile } })) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/profiles/{id}',
      tags: ['profiles'],
      summary: 'Creates a payload profile, or replaces the one of that id',
      request: {
        params: z.object({ id: z.string() }),
        body: {
          required: true,
          content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
        },
      },
      responses: {
        200: { description: 'What changed', content: { 'application/json': { schema: EstateApplied } } },
        ...problems(400, 413, 415, 422),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const body = c.req.valid('json');
      if (body.id !== undefined && body.id !== id) throw badField('id', `differs from the address, ${id}`);
      const file = { version: 1, profiles: [{ ...body, id }] };
      const { created, updated, unchanged } = await deps.applyEstate(file, authorOf(c, 'http'));
      return c.json({ created, updated, unchanged }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/profiles/test',
      tags: ['profiles'],
      summary: 'What a message would become; nothing of it is kept',
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z.object({
                topic: z.string().min(1).max(1024),
                payload: z.string().max(PACKET_LIMIT_BYTES * 2),
                encoding: z.enum(['text', 'hex', 'base64']).default('text'),
              }),
            },
          },
        },
      },
      responses: {
        200: {
          description: 'Readings and rejects',
          content: { 'application/json': { schema: ProfileTest } },
        },
        ...problems(400, 413, 415),
      },
    }),
    (c) => {
      const { topic, payload, encoding } = c.req.valid('json');
      const estate = deps.estate();
      const decoded = deps.decode({ topic, payload: bytesOf(payload, encoding) }, estate);
      return c.json(
        {
          ignored: decoded.ignored,
          readings: decoded.readings.map((r) => ({
            meter: estate.meterByNo(r.meter)?.id ?? String(r.meter),
            time: estate.zone.iso(r.time),
            value: r.value,
          })),
          rejects: decoded.rejects.map(({ reason, detail }) => ({ reason, detail })),
        },
        200,
      );
    },
  );
}

function bytesOf(payload: string, encoding: 'text' | 'hex' | 'base64'): Uint8Array {
  if (encoding === 'text') return Buffer.from(payload, 'utf8');
  const text = payload.replaceAll(/\s/g, '');
  const valid = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/;
  if (!valid.test(text)) throw badField('payload', `is not ${encoding}`);
  return Buffer.from(text, encoding);
}
