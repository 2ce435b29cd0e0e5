import { createRoute, z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { POLICY_NEEDS } from '../../access/rules.ts';
import { type PolicyEntry, shown } from '../../catalogue/policy.ts';
import type { Estate } from '../../domain/estate.ts';
import type { PolicyItem as Item, PolicyKind } from '../../domain/policy.ts';
import { isItemSeen, namedIn, nodeOfItem, type ShownBody, withoutUnseen } from '../../domain/policy-place.ts';
import { authorOf, demand, estateFor, noMeter, noNode } from '../authorise.ts';
import { ProblemError } from '../problem.ts';
import {
  PolicyApplied,
  PolicyHistory,
  PolicyItem,
  PolicyKindName,
  PolicyList,
  PolicyPut,
} from '../schemas/policy.ts';
import { type Api, problems } from './common.ts';

const POLICY_BYTES = 32 * 2 ** 20;
const NOBODY = 'http';
/** Entries of a history that are shown. */
const HISTORY = 200;

const Of = z.object({ kind: PolicyKindName, id: z.string().min(1).max(160) });

/** What people decide: schemes, factors, settings, quotas, targets … One family of routes for every kind. */
export function addPolicy({ app, deps }: Api): void {
  /** As far as figures may be seen, also for whoever may change less of it. */
  const readable = (): Estate => estateFor(deps.wholeEstate(), 'read');
  const isSeen = (kind: PolicyKind, id: string, body: ShownBody): boolean =>
    isItemSeen(readable(), kind, id, body);
  const seenItems = (kind: PolicyKind): Item[] =>
    deps.catalogue
      .policy()
      .items(kind)
      .filter((item) => isSeen(kind, item.id, shown(kind, item.body)));
  const itemShape = <K extends PolicyKind>(
    item: Item<K>,
    counts = deps.catalogue.policyChanges(item.kind),
  ): PolicyItem => {
    const { kind, id, origin, replaces } = item;
    const changed = counts.get(id);
    return {
      kind,
      id,
      body: withoutUnseen(readable(), kind, shown(kind, item.body)),
      origin,
      replaces,
      changes: changed?.count ?? 0,
      changed_at: changed ? deps.estate().zone.iso(changed.lastAt) : null,
      changed_by: changed?.lastAuthor ?? null,
    };
  };
  const itemOf = (kind: PolicyKind, id: string): Item => {
    const item = deps.catalogue.policy().item(kind, id);
    if (!item || !isSeen(kind, id, shown(kind, item.body))) throw nothing(kind, id);
    return item;
  };
  /** What it is of now, and what it is to be of: both have to be his who changes it. */
  const demandItem = (kind: PolicyKind, id: string, body: ShownBody | null): void => {
    const now = deps.catalogue.policy().item(kind, id);
    if (now?.origin === 'own') {
      const held = shown(kind, now.body);
      if (!isSeen(kind, id, held)) throw nothing(kind, id);
      demand(POLICY_NEEDS[kind], nodeOfItem(kind, id, held));
    }
    if (body === null) return;
    demand(POLICY_NEEDS[kind], nodeOfItem(kind, id, body));
    // A part of a target shows among the parts of the whole, so whose that is decides.
    const of = kind === 'target' && typeof body.from === 'string' ? body.from : null;
    const from = of === null ? undefined : deps.catalogue.policy().get('target', of);
    if (from && from.id !== deps.catalogue.policy().get('target', id)?.from) demand('supervise', from.node);
    // Otherwise a bill could be held against the meters of a neighbour, and so tell what they count.
    const estate = readable();
    const whole = deps.wholeEstate();
    const { nodes, meters } = namedIn(kind, body);
    for (const node of nodes) if (whole.node(node) && !estate.node(node)) throw noNode(node);
    for (const meter of meters) {
      if (whole.named(meter) && !(estate.meter(meter) ?? estate.virtual(meter))) throw noMeter(meter);
    }
  };

  const isWhollySeen = ({ kind, id, body }: PolicyEntry): boolean => {
    const { nodes, meters } = namedIn(kind, body);
    const seen = namedIn(kind, withoutUnseen(readable(), kind, body));
    return (
      isSeen(kind, id, body) && nodes.length === seen.nodes.length && meters.length === seen.meters.length
    );
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/policy',
      tags: ['policy'],
      summary: 'All own items as a policy file',
      description: 'Items that name a node or a meter which whoever asks may not see are left out.',
      responses: { 200: { description: 'YAML', content: { 'application/yaml': { schema: z.string() } } } },
    }),
    () =>
      new Response(deps.catalogue.exportPolicy(isWhollySeen), {
        headers: {
          'content-type': 'application/yaml; charset=utf-8',
          'content-disposition': 'attachment; filename="policy.yaml"',
        },
      }),
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/policy',
      tags: ['policy'],
      summary: 'Creates or changes what a policy file names, all or nothing',
      description: 'What the file does not name is left alone. Sending the same file twice changes nothing.',
      middleware: [
        bodyLimit({
          maxSize: POLICY_BYTES,
          onError: () => {
            throw new ProblemError(413, `a policy file has at most ${POLICY_BYTES / 2 ** 20} MiB`);
          },
        }),
      ],
      request: {
        body: {
          required: true,
          content: {
            'application/yaml': { schema: z.string().openapi({ description: 'A policy file' }) },
            // No validator's schema: the catalogue reads the text and tells the line of every mistake.
            'application/json': { schema: { type: 'object', description: 'The same in JSON' } },
          },
        },
      },
      responses: {
        200: { description: 'What changed', content: { 'application/json': { schema: PolicyApplied } } },
        ...problems(400, 413, 415, 422),
      },
    }),
    async (c) => {
      if (
        !/^((application|text)\/(x-)?yaml|application\/json)\s*(;|$)/i.test(
          c.req.header('content-type') ?? '',
        )
      ) {
        throw new ProblemError(
          415,
          'Content-Type: a policy file is taken as application/yaml or application/json',
        );
      }
      return c.json(deps.catalogue.applyPolicy(await c.req.text(), authorOf(c, NOBODY)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/policy/{kind}',
      tags: ['policy'],
      summary: 'The items of a kind, shipped and own',
      request: { params: Of.pick({ kind: true }) },
      responses: {
        200: { description: 'Items', content: { 'application/json': { schema: PolicyList } } },
        ...problems(400),
      },
    }),
    (c) => {
      const { kind } = c.req.valid('param');
      const counts = deps.catalogue.policyChanges(kind);
      const items = seenItems(kind).map((item) => itemShape(item, counts));
      return c.json({ kind, items }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/policy/{kind}/{id}',
      tags: ['policy'],
      summary: 'An item',
      request: { params: Of },
      responses: {
        200: { description: 'The item', content: { 'application/json': { schema: PolicyItem } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { kind, id } = c.req.valid('param');
      return c.json(itemShape(itemOf(kind, id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/policy/{kind}/{id}',
      tags: ['policy'],
      summary: 'Creates an item, or changes it; of a shipped one, an own one takes its place',
      request: {
        params: Of,
        body: { required: true, content: { 'application/json': { schema: PolicyPut } } },
      },
      responses: {
        200: {
          description: 'The item as it is now',
          content: { 'application/json': { schema: PolicyItem } },
        },
        ...problems(400, 404, 413, 415, 422),
      },
    }),
    (c) => {
      const { kind, id } = c.req.valid('param');
      const { body, recorded_by = NOBODY, source = 'entered' } = c.req.valid('json');
      demandItem(kind, id, body);
      const author = authorOf(c, recorded_by);
      // Of evidence the item itself says who vouches for it.
      const vouched =
        kind === 'evidence' && c.get('identity')?.kind === 'person' ? { ...body, author } : body;
      deps.catalogue.putPolicy(kind, id, vouched, author, source);
      return c.json(itemShape(itemOf(kind, id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/policy/{kind}/{id}',
      tags: ['policy'],
      summary: 'Drops an own item; a shipped one of the same id comes back',
      request: { params: Of, query: z.object({ recorded_by: z.string().trim().min(1).max(100).optional() }) },
      responses: {
        200: {
          description: 'What is left: the kind with its items',
          content: { 'application/json': { schema: PolicyList } },
        },
        ...problems(400, 404, 422),
      },
    }),
    (c) => {
      const { kind, id } = c.req.valid('param');
      const { origin } = itemOf(kind, id);
      if (origin === 'builtin') {
        throw new ProblemError(422, `the ${kind} ${JSON.stringify(id)} came with the program and stays`);
      }
      demandItem(kind, id, null);
      deps.catalogue.dropPolicy(kind, id, authorOf(c, c.req.valid('query').recorded_by ?? NOBODY), 'dropped');
      const counts = deps.catalogue.policyChanges(kind);
      return c.json({ kind, items: seenItems(kind).map((item) => itemShape(item, counts)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/policy/{kind}/{id}/history',
      tags: ['policy'],
      summary: 'What an item was and became, by whom and from where',
      request: { params: Of },
      responses: {
        200: { description: 'Newest first', content: { 'application/json': { schema: PolicyHistory } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { kind, id } = c.req.valid('param');
      const found = deps.catalogue.changes({
        limit: HISTORY + 1,
        of: { kind: 'policy', id: `${kind}/${id}` },
      });
      const { zone } = deps.estate();
      // Of a time when it was of a node that is not seen, nothing is told.
      const asSeen = (body: unknown): Record<string, unknown> | null =>
        body !== null && isSeen(kind, id, body as ShownBody)
          ? withoutUnseen(readable(), kind, body as ShownBody)
          : null;
      const changes = found.slice(0, HISTORY).flatMap((change) => {
        const [before, after] = [asSeen(change.before), asSeen(change.after)];
        if (!before && !after) return [];
        return [{ at: zone.iso(change.createdAt), by: change.author, source: change.source, before, after }];
      });
      if (changes.length === 0) itemOf(kind, id);
      return c.json({ kind, id, changes, more: found.length > HISTORY }, 200);
    },
  );
}

function nothing(kind: string, id: string): ProblemError {
  return new ProblemError(404, `no ${kind} ${JSON.stringify(id)}`, [{ path: 'id', message: 'unknown' }]);
}
