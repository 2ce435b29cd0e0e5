import { createRoute, z } from '@hono/zod-openapi';
import type { DeviceInput } from '../../access/devices-input.ts';
import { RULE_FORMATS, rulesFor } from '../../access/mqtt-rules.ts';
import type { StoredDevice } from '../../catalogue/devices.ts';
import { liesWithin } from '../../domain/device.ts';
import type { Estate } from '../../domain/estate.ts';
import { authorOf } from '../authorise.ts';
import { badField, ProblemError } from '../problem.ts';
import { instantOf, meterOf, nodeOf } from '../query.ts';
import {
  Device,
  DeviceBody,
  DeviceMade,
  DeviceRules,
  Devices,
  DevicesMade,
  RotationBody,
} from '../schemas/devices.ts';
import { naming, shownDevice, stateOf } from '../shapes/devices.ts';
import { type Api, problems } from './common.ts';

/** Who is written down where the operator names nobody. */
const OPERATOR = 'operator';
/** Credentials that are made at once: their hashes take a tenth of a second. */
const AT_ONCE = 500;
const HOUR_MS = 3_600_000;
const Name = z.object({ name: z.string().min(1).max(64) });
const json = <S extends z.ZodType>(schema: S) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});
const answer = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});

/** Credentials of gateways and meters, each seen and changed where its meters are within one's reach. */
export function addDevices({ app, deps }: Api): void {
  const { devices } = deps;
  const shown = (device: StoredDevice, connected = devices.connected()): Device =>
    shownDevice(device, deps.wholeEstate(), { now: deps.now(), connected: connected.has(device.no) });
  const deviceOf = (name: string): StoredDevice => {
    const device = devices.get(name);
    if (device && liesWithin(device, deps.estate())) return device;
    throw new ProblemError(404, `no device ${JSON.stringify(name)}`, [{ path: 'name', message: 'unknown' }]);
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/devices',
      tags: ['devices'],
      summary: 'Credentials of gateways and meters, revoked ones too',
      request: {
        query: z.object({
          state: z.enum(['in_force', 'expired', 'revoked']).optional(),
          limit: z.coerce.number().int().min(1).max(10_000).default(1000),
          offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
        }),
      },
      responses: { 200: answer('Devices', Devices), ...problems(400) },
    }),
    (c) => {
      const { state, limit, offset } = c.req.valid('query');
      const estate = deps.estate();
      const connected = devices.connected();
      const found = devices
        .list()
        .filter((device) => state === undefined || stateOf(device, deps.now()) === state)
        .filter((device) => liesWithin(device, estate));
      const page = found.slice(offset, offset + limit).map((device) => shown(device, connected));
      return c.json({ devices: page, total: found.length }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/devices',
      tags: ['devices'],
      summary: 'Makes a credential for a meter, a gateway, or a device of a payload profile',
      request: json(DeviceBody),
      responses: {
        201: answer('Made; the secret is shown this once', DeviceMade),
        ...problems(400, 404, 413, 415),
      },
    }),
    (c) => {
      const body = c.req.valid('json');
      const input = inputOf(body, deps.estate());
      const { device, secret } = naming(() => devices.add(input, authorOf(c, body.by ?? OPERATOR)));
      return c.json({ device: shown(device), secret }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/devices/missing',
      tags: ['devices'],
      summary: `Makes one for each gateway and meter that has none, ${AT_ONCE} at a time`,
      responses: { 201: answer('Made; the secrets are shown this once', DevicesMade), ...problems(400) },
    }),
    (c) => {
      const wanted = devices.without(deps.estate());
      const made = naming(() => devices.addAll(wanted.slice(0, AT_ONCE), authorOf(c, OPERATOR)));
      const shownOnce = made.map(({ device, secret }) => ({ name: device.name, secret }));
      return c.json({ devices: shownOnce, remaining: wanted.length - made.length }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/devices/{name}',
      tags: ['devices'],
      summary: 'One credential',
      request: { params: Name },
      responses: { 200: answer('The device', Device), ...problems(400, 404) },
    }),
    (c) => c.json(shown(deviceOf(c.req.valid('param').name)), 200),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/devices/{name}/rotation',
      tags: ['devices'],
      summary: 'Gives it a new secret; the one so far holds for a while longer',
      request: { params: Name, ...json(RotationBody) },
      responses: {
        200: answer('The new secret is shown this once', DeviceMade),
        ...problems(400, 404, 413, 415),
      },
    }),
    (c) => {
      const { name } = deviceOf(c.req.valid('param').name);
      const { overlap_hours, expires_at, unbind } = c.req.valid('json');
      const expiresAt =
        expires_at == null ? expires_at : instantOf(deps.wholeEstate(), 'expires_at', expires_at);
      const change = { unbind, ...(expiresAt !== undefined && { expiresAt }) };
      const { device, secret } = naming(() => devices.rotate(name, overlap_hours * HOUR_MS, change));
      return c.json({ device: shown(device), secret }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/devices/{name}',
      tags: ['devices'],
      summary: 'Revokes it: it is cut off at once and not let in again',
      request: {
        params: Name,
        query: z.object({ by: z.string().min(1).max(100).optional() }),
      },
      responses: { 200: answer('The device as it is now', Device), ...problems(400, 404) },
    }),
    (c) => {
      const { name } = deviceOf(c.req.valid('param').name);
      const by = authorOf(c, c.req.valid('query').by ?? OPERATOR);
      return c.json(shown(naming(() => devices.revoke(name, by))), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/device-rules',
      tags: ['devices'],
      summary: 'Who may do what, as files of an external broker',
      request: {
        query: z.object({
          for: z.enum(RULE_FORMATS),
          user: z
            .string()
            .regex(/^[A-Za-z0-9._-]{1,64}$/)
            .default('jieneng'),
        }),
      },
      responses: { 200: answer('Files', DeviceRules), ...problems(400) },
    }),
    (c) => {
      const { for: format, user } = c.req.valid('query');
      const intake = { user, ...deps.intakeTopics() };
      const of = { devices: devices.list(), intake, now: deps.now() };
      return c.json({ for: format, files: rulesFor(format, of) }, 200);
    },
  );
}

/** What is asked for, as far as whoever asks may see it. @throws ProblemError that names the field */
function inputOf(body: DeviceBody, estate: Estate): DeviceInput {
  const { meter, gateway, topics, node, meters } = body;
  if ([meter, gateway, topics].filter((of) => of !== undefined).length !== 1) {
    throw badField('meter', 'one of meter, gateway and topics');
  }
  if (meter !== undefined) meterOf(estate, meter);
  if (gateway !== undefined && !estate.gateway(gateway)) {
    throw new ProblemError(
      404,
      `no gateway ${JSON.stringify(gateway)}: the estate file has them under \`gateways\``,
      [{ path: 'gateway', message: 'unknown' }],
    );
  }
  if (node !== undefined) nodeOf(estate, node);
  for (const id of meters ?? []) meterOf(estate, id);
  return {
    name: body.name,
    kind: meter !== undefined ? 'meter' : gateway !== undefined ? 'gateway' : 'topics',
    subject: meter ?? gateway ?? null,
    topics: topics ?? [],
    below: node ?? null,
    meters: meters ?? [],
    clientId: body.client_id ?? null,
    expiresAt: body.expires_at === undefined ? null : instantOf(estate, 'expires_at', body.expires_at),
  };
}
