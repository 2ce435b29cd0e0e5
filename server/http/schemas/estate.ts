/** The tree, and what became of an estate file. */
import { z } from '@hono/zod-openapi';
import { NODE_KINDS } from '../../domain/meter.ts';
import { CarrierName } from './common.ts';

export const DatedValue = z.object({ from: z.string(), value: z.number() });

export const NodeInfo = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(NODE_KINDS),
    parent: z.string().nullable(),
    /** Carriers that have a meter at the node or below it. */
    carriers: z.array(CarrierName),
    meters: z.number().int(),
    attributes: z.record(z.string(), z.array(DatedValue)),
  })
  .openapi('Node');

export const Tree = z
  .object({ timezone: z.string(), nodes: z.array(NodeInfo) })
  .openapi('Tree', { description: 'Every node, parents before their children' });

export const EstateApplied = z
  .object({ created: z.number().int(), updated: z.number().int(), unchanged: z.number().int() })
  .openapi('EstateApplied');

export type NodeInfo = z.infer<typeof NodeInfo>;
export type Tree = z.infer<typeof Tree>;
export type EstateApplied = z.infer<typeof EstateApplied>;
