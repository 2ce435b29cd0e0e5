import { createRoute } from '@hono/zod-openapi';
import { stateOf } from '../../conservation/meters.ts';
import type { Estate } from '../../domain/estate.ts';
import { journalTroubles } from '../../journal/alarm.ts';
import { stepText } from '../../operations/health.ts';
import { estateFor, holds } from '../authorise.ts';
import type { HttpDeps, IntakeStatus } from '../deps.ts';
import { type NodeInfo, Tree } from '../schemas/estate.ts';
import { Health, type HealthSeen } from '../schemas/health.ts';
import type { Api } from './common.ts';
import { namesOf } from './quarantine.ts';

/** Beyond these the ledger does not keep up with what arrives. */
const PENDING_LIMIT = 1_000_000;
const PENDING_AGE_LIMIT_S = 60;
/** From so many days before its end on, the end of a certificate is told. */
const CERTIFICATE_DAYS = 30;

export function addStatus({ app, deps, latest }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      tags: ['status'],
      summary: 'How the server is, and the account of everything that arrived',
      responses: { 200: { description: 'Health', content: { 'application/json': { schema: Health } } } },
    }),
    async (c) => {
      const now = deps.now();
      const estate = deps.estate();
      const { zone, meters } = estate;
      const all = seesWhole();
      const account = deps.journal.account();
      const oldest = deps.journal.oldestPending();
      const oldestS = oldest === null ? null : Math.max(0, (now - oldest) / 1000);
      const intake = deps.intake();
      const error = deps.ledger.error;
      let silent = 0;
      let never = 0;
      const outage = deps.timeseries.outage?.() ?? null;
      let storeError = outage ? `not reached since ${zone.iso(outage.since)}: ${outage.why}` : error;
      try {
        const known = await latest.all();
        for (const meter of meters) {
          const state = stateOf(meter, known.get(meter.no), now);
          if (state === 'silent') silent++;
          else if (state === 'never') never++;
        }
      } catch (e) {
        storeError ??= e instanceof Error ? e.message : String(e);
        never = meters.length;
      }
      const store = deps.catalogue.store;
      const troubles = [
        ...journalTroubles(deps.journal),
        ...(deps.warnings?.() ?? []),
        ...(deps.audit.failure === null
          ? []
          : [`nothing can be changed: the audit trail cannot be written: ${deps.audit.failure}`]),
        ...(store.error === null ? [] : [`the catalogue cannot be changed: ${store.error}`]),
        ...certificateTroubles(deps.operations.certificate),
        ...clockTroubles(deps.operations.steppedMs),
        ...troublesOf(storeError, account.pending, oldestS, intake),
      ];
      return c.json(
        {
          status:
            storeError !== null || deps.operations.parts().some((p) => p.state === 'failing')
              ? 'failing'
              : troubles.length > 0
                ? 'degraded'
                : 'ok',
          problems: troubles,
          version: deps.version,
          started_at: zone.iso(deps.startedAt),
          now: zone.iso(now),
          account: all ? account : null,
          quarantine: quarantineCounts(deps),
          intake: {
            mode: intake.mode,
            address: intake.address,
            clients: all ? intake.clients : null,
            readings_per_s: all ? intake.readingsPerS : null,
            last_reading_at: all && intake.lastReadingAt !== null ? zone.iso(intake.lastReadingAt) : null,
            broker: intake.broker,
            warnings: [...intake.warnings],
          },
          journal: all
            ? {
                pending: account.pending,
                oldest_pending_s: oldestS,
                recomputing: deps.journal.recomputing(),
                bytes: deps.journal.bytes,
              }
            : null,
          catalogue: { ...store, version: deps.catalogue.version },
          timeseries: { ...deps.engine, error: storeError },
          meters: {
            total: meters.length,
            silent,
            never,
            suspects:
              estate === deps.wholeEstate()
                ? deps.journal.suspectCount()
                : deps.journal.suspects().filter((s) => estate.meterByNo(s.meter)).length,
          },
        } satisfies HealthSeen,
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/tree',
      tags: ['estate'],
      summary: 'Every node, parents before their children',
      responses: { 200: { description: 'The tree', content: { 'application/json': { schema: Tree } } } },
    }),
    (c) => c.json(treeOf(deps), 200),
  );
}

/** Whether figures of the whole system are for whoever asks: who runs it, and who sees all that it holds. */
export function seesWhole(): boolean {
  return holds('operate', null) || holds('read', null);
}

/** As far as whoever asks may see what is in quarantine. */
function quarantineCounts(deps: HttpDeps): HealthSeen['quarantine'] {
  if (seesWhole()) return deps.journal.quarantineCounts();
  const estate = estateFor(deps.wholeEstate(), 'meter');
  return estate.meters.length > 0 ? deps.journal.quarantineCounts(namesOf(estate)) : [];
}

function certificateTroubles(certificate: HttpDeps['operations']['certificate']): string[] {
  if (certificate === null) return [];
  const { error, daysLeft } = certificate;
  if (daysLeft < 0) return ['the certificate is over: nobody who checks it comes in'];
  if (error !== null) return [`new certificate files cannot be used, the old one stays: ${error}`];
  return daysLeft < CERTIFICATE_DAYS
    ? [`the certificate ends in ${daysLeft === 1 ? '1 day' : `${daysLeft} days`}`]
    : [];
}

function clockTroubles(steppedMs: number): string[] {
  if (steppedMs === 0) return [];
  return [
    `the server's clock was stepped by ${stepText(steppedMs)}: if it is wrong now, what right clocks send seems ahead of time and waits in quarantine, or seems late`,
  ];
}

function troublesOf(
  storeError: string | null,
  pending: number,
  oldestS: number | null,
  intake: IntakeStatus,
): string[] {
  const out: string[] = [];
  if (storeError !== null) out.push(`the time series does not take readings: ${storeError}`);
  if (intake.error !== null) out.push(`no readings arrive over MQTT: ${intake.error}`);
  out.push(...intake.warnings);
  if (pending > PENDING_LIMIT) out.push(`${pending} readings wait in the journal`);
  if (oldestS !== null && oldestS > PENDING_AGE_LIMIT_S) {
    out.push(`readings wait in the journal for ${Math.round(oldestS)} s`);
  }
  return out;
}

/** By what is seen of the tree, and what of it is readable. */
const trees = new WeakMap<Estate, WeakMap<Estate, Tree>>();

/** Made once per state of the catalogue and reach. What a node is like is for whoever sees its figures. */
function treeOf(deps: HttpDeps): Tree {
  const estate = deps.estate();
  const readable = estateFor(deps.wholeEstate(), 'read');
  const made = trees.get(estate) ?? new WeakMap<Estate, Tree>();
  trees.set(estate, made);
  const known = made.get(readable);
  if (known) return known;
  const nodes: NodeInfo[] = [];
  const visit = (list: readonly { id: string }[]): void => {
    for (const { id } of list) {
      const node = estate.node(id);
      if (!node) continue;
      const { name, kind, parent } = node;
      const attributes = readable.node(id) ? node.attributes : {};
      const carriers = estate.carriers(id);
      nodes.push({ id, name, kind, parent, carriers, meters: estate.metersBelow(id).length, attributes });
      visit(estate.children(id));
    }
  };
  visit(estate.roots());
  const tree: Tree = { timezone: estate.zone.name, nodes };
  made.set(readable, tree);
  return tree;
}
