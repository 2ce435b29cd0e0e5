/** Payload profiles, and what a message would become. */
import { z } from '@hono/zod-openapi';
import { REASONS } from '../../domain/reading.ts';
import { instant } from './common.ts';

export const ProfileList = z
  .object({
    profiles: z.array(
      z.object({
        id: z.string(),
        /** It came with the program; one's own of the same id takes its place. */
        builtin: z.boolean(),
        profile: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .openapi('ProfileList');

export const ProfileTest = z
  .object({
    /** A message that carries no reading and is not meant to. */
    ignored: z.boolean(),
    readings: z.array(z.object({ meter: z.string(), time: instant, value: z.number() })),
    rejects: z.array(z.object({ reason: z.enum(REASONS), detail: z.string() })),
  })
  .openapi('ProfileTest');

export type ProfileList = z.infer<typeof ProfileList>;
export type ProfileTest = z.infer<typeof ProfileTest>;
