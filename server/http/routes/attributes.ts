import { isDeepStrictEqual } from 'node:util';
import { createRoute, z } from '@hono/zod-openapi';
import { attributeOf } from '../../conservation/attributes.ts';
import { ATTRIBUTES, unitOfAttribute } from '../../domain/attribute.ts';
import { UNCLASSIFIED } from '../../domain/classification.ts';
import type { Node } from '../../domain/meter.ts';
import { authorOf } from '../authorise.ts';
import { nodeOf } from '../query.ts';
import { AttributePut, Attributes, ClassificationPut } from '../schemas/attributes.ts';
import { type Api, problems } from './common.ts';

const NOBODY = 'http';
const HISTORY = 200;

const Of = z.object({ id: z.string().openapi({ description: 'Id of a node' }) });
const answer = {
  200: { description: 'As it is now', content: { 'application/json': { schema: Attributes } } },
};

/** What a node is, in time: area, people, days of use …, and what kind of institution. */
export function addAttributes({ app, deps }: Api): void {
  const shape = (id: string): Attributes => {
    const estate = deps.estate();
    const { zone } = estate;
    const node = nodeOf(estate, id);
    const records = Map.groupBy(deps.catalogue.valueRecords(id), (r) => r.name);
    const names = new Set([...Object.keys(ATTRIBUTES), ...records.keys()]);
    const today = { from: zone.startOf('day', deps.now()), to: zone.next('day', deps.now()) };
    return {
      node: id,
      attributes: [...names].map((name) => ({
        name,
        unit: unitOfAttribute(name),
        values: (records.get(name) ?? []).map((r) => ({
          from: r.from,
          value: r.value,
          source: r.source ?? null,
          recorded_by: r.author,
          recorded_at: r.recordedAt === null ? null : zone.iso(r.recordedAt),
        })),
        from: attributeOf(estate, id, name, today).from,
      })),
      classification: node.classification ?? { ...UNCLASSIFIED },
      effective: estate.classification(id),
      history: deps.catalogue
        .changes({ limit: HISTORY, of: { kind: 'node', id } })
        .flatMap((change) =>
          differences(change.before as Node | null, change.after as Node).map((d) => ({
            at: zone.iso(change.createdAt),
            by: change.author,
            source: change.source,
            ...d,
          })),
        )
        .slice(0, HISTORY),
    };
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/nodes/{id}/attributes',
      tags: ['estate'],
      summary: 'The attributes of a node in time, its classification, and who changed them',
      request: { params: Of },
      responses: { ...answer, ...problems(404) },
    }),
    (c) => c.json(shape(c.req.valid('param').id), 200),
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/nodes/{id}/attributes/{name}',
      tags: ['estate'],
      summary: 'Sets the dated values of an attribute; an empty list takes it away',
      request: {
        params: Of.extend({ name: z.string() }),
        body: { required: true, content: { 'application/json': { schema: AttributePut } } },
      },
      responses: { ...answer, ...problems(400, 404, 415, 422) },
    }),
    (c) => {
      const { id, name } = c.req.valid('param');
      const { values, recorded_by = NOBODY } = c.req.valid('json');
      nodeOf(deps.estate(), id);
      deps.catalogue.changeNode(id, { attribute: name, values }, authorOf(c, recorded_by), 'attribute');
      return c.json(shape(id), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/nodes/{id}/classification',
      tags: ['estate'],
      summary: 'Says what kind of institution a node is; what the body does not name stays',
      request: {
        params: Of,
        body: { required: true, content: { 'application/json': { schema: ClassificationPut } } },
      },
      responses: { ...answer, ...problems(400, 404, 415, 422) },
    }),
    (c) => {
      const { id } = c.req.valid('param');
      const { recorded_by = NOBODY, ...said } = c.req.valid('json');
      nodeOf(deps.estate(), id);
      const classification = Object.fromEntries(Object.entries(said).filter(([, v]) => v !== undefined));
      deps.catalogue.changeNode(id, { classification }, authorOf(c, recorded_by), 'classification');
      return c.json(shape(id), 200);
    },
  );
}

/** The attributes, and the classification, that differ between two states of a node. */
function differences(before: Node | null, after: Node): { name: string; before: unknown; after: unknown }[] {
  const out: { name: string; before: unknown; after: unknown }[] = [];
  const add = (name: string, was: unknown, is: unknown): void => {
    if (!isDeepStrictEqual(was, is)) out.push({ name, before: was, after: is });
  };
  for (const name of new Set([...Object.keys(before?.attributes ?? {}), ...Object.keys(after.attributes)])) {
    add(name, before?.attributes[name] ?? [], after.attributes[name] ?? []);
  }
  add('classification', before?.classification ?? null, after.classification ?? null);
  return out;
}
