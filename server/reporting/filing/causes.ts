import type { Change, ChangeKind } from '../../catalogue/changes.ts';
import type { Estate } from '../../domain/estate.ts';
import { type FilingKey, monthsOf } from '../../domain/filing.ts';
import type { Revision } from '../../domain/revision.ts';
import { endOf } from './calendar.ts';

/** Why figures differ from what was filed: something that happened since. */
export type RevisionCause =
  /** Hours of a meter were computed again. */
  | { kind: 'readings'; at: number; revision: Revision }
  /** Somebody changed what figures are computed with: attributes, the book, schemes, factors, targets … */
  | {
      kind: 'change';
      at: number;
      /** node, book, setting (of the estate) or policy. */
      of: ChangeKind;
      /** Of a policy with its kind before it, `factor/mee-average-2026`. */
      id: string;
      by: string;
      source: string;
    };

export interface CauseSources {
  estate: Estate;
  journal: { revisions(filter: { meters: number[]; from: number; to: number; limit: number }): Revision[] };
  catalogue: { changes(options: { limit: number }): Change[] };
}

/** So many revisions of readings and so many changes are looked through; beyond it the newest are told. */
const REVISIONS = 5000;
const CHANGES = 20_000;
/** Of those that bear on the filing, so many are told of either sort. */
export const CAUSES_TOLD = 100;
const POLICIES = ['scheme/', 'factor/', 'setting/', 'quota/', 'target/', 'plan/'];

/**
 * What happened since an instant that can have changed a filing of a node, newest first: revisions of readings
 * of its period and of what the period is compared with, and changes of what its figures are computed with.
 */
export function causesSince(sources: CauseSources, key: FilingKey, since: number): RevisionCause[] {
  return [...readingsSince(sources, key, since), ...changesSince(sources, key, since)].sort(
    (a, b) => b.at - a.at,
  );
}

function readingsSince({ estate, journal }: CauseSources, key: FilingKey, since: number): RevisionCause[] {
  const meters = estate.metersBelow(key.node).map((m) => m.no);
  if (meters.length === 0) return [];
  const { zone } = estate;
  const to = endOf(estate, key);
  const first = monthsOf(key.form, key.period)[0] as string;
  // Reports tell the year so far against the year before.
  const from = zone.instant(Date.UTC(Number(first.slice(0, 4)) - 1, 0, 1));
  const out: RevisionCause[] = [];
  for (const r of journal.revisions({ meters, from, to, limit: REVISIONS })) {
    if (r.at > since && out.length < CAUSES_TOLD) out.push({ kind: 'readings', at: r.at, revision: r });
  }
  return out;
}

function changesSince({ estate, catalogue }: CauseSources, key: FilingKey, since: number): RevisionCause[] {
  const inside = new Set(estate.subtree(key.node).map((n) => n.id));
  const around = new Set([...inside, ...estate.path(key.node).map((n) => n.id)]);
  const out: RevisionCause[] = [];
  for (const change of catalogue.changes({ limit: CHANGES })) {
    if (change.createdAt <= since || out.length >= CAUSES_TOLD) break;
    if (!bears(change, inside, around)) continue;
    const { createdAt: at, kind: of, id, author: by, source } = change;
    out.push({ kind: 'change', at, of, id, by, source });
  }
  return out;
}

/** Meters and what is stated about them lead to revisions of readings, which say it in hours. */
function bears(change: Change, inside: ReadonlySet<string>, around: ReadonlySet<string>): boolean {
  if (change.kind === 'setting') return true;
  if (change.kind === 'node') return around.has(change.id);
  if (change.kind === 'book') return inside.has(nodeOf(change) ?? change.id);
  if (change.kind === 'virtual') return inside.has(nodeOf(change) ?? '');
  if (change.kind !== 'policy' || !POLICIES.some((p) => change.id.startsWith(p))) return false;
  const node = nodeOf(change);
  return node === null || around.has(node);
}

/** The node that something belongs to, where it names one. */
function nodeOf({ before, after }: Change): string | null {
  for (const side of [after, before]) {
    if (typeof side === 'object' && side !== null && 'node' in side && typeof side.node === 'string') {
      return side.node;
    }
  }
  return null;
}
