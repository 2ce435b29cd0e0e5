import { z } from '@hono/zod-openapi';
import type { Estate } from '../domain/estate.ts';
import type { Meter, Node } from '../domain/meter.ts';
import { parseTime } from '../domain/time.ts';
import { noMeter, noNode } from './authorise.ts';
import { badField } from './problem.ts';

/** What the routes read out of an address, with the errors that name it. */

export const nodeId = z.string().min(1).openapi({ description: 'Id of a node', example: 'gov' });
export const time = z.string().min(1).openapi({
  description: 'ISO 8601; without offset, or a date alone: in the time zone of the estate',
  example: '2026-11-01',
});

/** @throws ProblemError 404, or 403 where it is seen and what is asked is not allowed there */
export function nodeOf(estate: Estate, id: string): Node {
  const node = estate.node(id);
  if (!node) throw noNode(id);
  return node;
}

/** @throws ProblemError as of a node */
export function meterOf(estate: Estate, id: string): Meter {
  const meter = estate.meter(id);
  if (!meter) throw noMeter(id);
  return meter;
}

/** @returns [from, to) as epoch ms */
export function rangeOf(estate: Estate, query: { from: string; to: string }): { from: number; to: number } {
  const from = instantOf(estate, 'from', query.from);
  const to = instantOf(estate, 'to', query.to);
  if (from >= to) throw badField('to', `must be after from, ${estate.zone.iso(from)}`);
  return { from, to };
}

/** @throws ProblemError that names the field */
export function instantOf(estate: Estate, field: string, text: string): number {
  // In an address + means a space, so an offset that nobody escaped arrives as one.
  const at = parseTime(text.replace(/ (?=\d{2}:?\d{2}$)/, '+'), estate.zone);
  if (at === null) throw badField(field, `${JSON.stringify(text)} is not a time (ISO 8601, or a date)`);
  return at;
}
