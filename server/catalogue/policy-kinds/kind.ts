import { z } from 'zod';
import type { Estate } from '../../domain/estate.ts';
import type { Policy } from '../../domain/policy.ts';
import { CONFIDENCES } from '../../domain/scheme.ts';

/** The shape of one kind of policy, as files and the HTTP door have it. */
export interface PolicyKindOf<B extends { id: string }> {
  /** Reads a body without its id, which stands beside it. */
  schema: z.ZodType<Omit<B, 'id'>>;
  /** The body as `schema` takes it. */
  show(body: B): Record<string, unknown>;
  /** What is wrong although each field is well: ids that name nothing, dates that overlap … */
  check?(body: B, around: { estate: Estate; policy: Policy }): Fault[];
  /** Where true, an item changes only through routes of its own (`changePolicy`), not by PUT or a file. */
  guarded?: boolean;
}

export interface Fault {
  /** Inside the body, e.g. ['coefficients', 0, 'unit']. */
  path: (string | number)[];
  message: string;
}

export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

/** Like `text`, of several lines. */
export const lines = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u, 'must not contain control characters');

export const source = z.strictObject({ text: text(500), confidence: z.enum(CONFIDENCES) });

export const positive = z.number().refine((n) => n > 0, 'must be greater than 0');

export const date = z.string().refine(isDate, 'must be a date like 2026-01-31');

export const year = z.number().int().min(1970).max(2100);

/** Null, or left out, is null. */
export function nullable<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null);
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}
