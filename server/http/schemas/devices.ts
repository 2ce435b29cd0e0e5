import { z } from '@hono/zod-openapi';
import { RULE_FORMATS } from '../../access/mqtt-rules.ts';
import { DEVICE_KINDS, FILTER_LIMIT } from '../../domain/device.ts';
import { instant } from './common.ts';

const id = z.string().min(1).max(64);

export const Device = z
  .object({
    name: z.string().openapi({ description: 'User name at the broker' }),
    kind: z.enum(DEVICE_KINDS),
    subject: z.string().nullable().openapi({ description: 'Id of the meter or gateway; null for topics' }),
    topics: z.array(z.string()).openapi({ description: 'MQTT topic filters that it may publish to' }),
    node: z
      .string()
      .nullable()
      .openapi({ description: 'It may report for the meters here and below; null: for the named ones only' }),
    meters: z.array(z.string()).openapi({ description: 'Meters that it may report for beside those' }),
    client_id: z
      .string()
      .nullable()
      .openapi({ description: 'It is bound to it; null: not until it has signed in' }),
    state: z.enum(['in_force', 'expired', 'revoked']),
    created_at: instant,
    created_by: z.string(),
    issued_at: instant.openapi({ description: 'When the secret in force was issued' }),
    old_until: instant.nullable().openapi({ description: 'Until when the secret before it holds too' }),
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
    revoked_by: z.string().nullable(),
    connected: z.boolean().openapi({ description: 'Whether it is connected to this server now' }),
    seen_at: instant.nullable().openapi({ description: 'When it signed in or left last' }),
    seen_from: z.string().nullable(),
  })
  .openapi('Device');
export type Device = z.infer<typeof Device>;

export const Devices = z
  .object({ devices: z.array(Device), total: z.number().int() })
  .openapi('Devices', { description: 'In the order in which they were made; total: before the limit' });
export type Devices = z.infer<typeof Devices>;

export const DeviceMade = z
  .object({ device: Device, secret: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('DeviceMade');
export type DeviceMade = z.infer<typeof DeviceMade>;

export const DevicesMade = z
  .object({
    devices: z.array(z.object({ name: z.string(), secret: z.string() })),
    remaining: z
      .number()
      .int()
      .openapi({ description: 'Gateways and meters that still have none: ask again' }),
  })
  .openapi('DevicesMade');
export type DevicesMade = z.infer<typeof DevicesMade>;

export const DeviceBody = z
  .object({
    meter: id.optional().openapi({ description: 'Id of a meter that sends for itself' }),
    gateway: id.optional().openapi({ description: 'Id of a gateway' }),
    topics: z
      .array(z.string().max(FILTER_LIMIT))
      .min(1)
      .max(50)
      .optional()
      .openapi({ description: 'Topic filters of a device of a payload profile' }),
    name: z.string().max(64).optional().openapi({ description: 'Without one the id' }),
    node: id.optional().openapi({ description: 'It may report for the meters here and below' }),
    meters: z.array(id).max(5000).optional().openapi({ description: 'It may report for these meters' }),
    client_id: z.string().max(256).optional(),
    expires_at: z.string().max(40).optional(),
    by: z.string().max(100).optional(),
  })
  .openapi('DeviceBody', { description: 'One of meter, gateway and topics' });
export type DeviceBody = z.infer<typeof DeviceBody>;

export const RotationBody = z
  .object({
    overlap_hours: z.number().min(0).max(168).default(0).openapi({
      description: 'How long the secret so far still holds; 0: what came in with it is cut off',
    }),
    expires_at: z.string().max(40).nullish().openapi({ description: 'null: never; left out: as before' }),
    unbind: z
      .boolean()
      .default(false)
      .openapi({ description: 'true: the device was exchanged; the next client id is bound' }),
  })
  .openapi('RotationBody');
export type RotationBody = z.input<typeof RotationBody>;

export const DeviceRules = z
  .object({
    for: z.enum(RULE_FORMATS),
    files: z.array(z.object({ name: z.string(), content: z.string() })),
  })
  .openapi('DeviceRules');
export type DeviceRules = z.infer<typeof DeviceRules>;
