import { isDeepStrictEqual } from 'node:util';
import type { ChangeKind, LogChange } from './changes.ts';
import type { Database } from './database.ts';
import type { EstateEntries } from './estate-file.ts';
import { writeGateway } from './gateways.ts';
import { differsInConsumption, entryOf, sameEntry, signed } from './meter-entry.ts';
import { writeMeter } from './meters.ts';
import { writeNode } from './nodes.ts';
import { writeProfile } from './profiles.ts';
import { writeTimezone } from './settings.ts';
import type { State } from './state.ts';
import { writeVirtual } from './virtuals.ts';

export interface ApplyResult {
  /** Nodes, meters (virtual ones too), gateways and payload profiles that were not there before. */
  created: number;
  /** Those that were there and differed, and settings that differed. */
  updated: number;
  /** Those that were there and were equal already. */
  unchanged: number;
  /**
   * Ids of the meters that were there before and whose consumption has to be computed again, because
   * register, interval or an epoch changed; all of them when the time zone changed.
   */
  changedMeters: string[];
}

/** How one kind of thing is compared and written. */
interface Kind<T> {
  kind: ChangeKind;
  find: (id: string) => T | undefined;
  same?: (before: T, after: T) => boolean;
  /** Whether consumption has to be computed again. */
  recompute?: (before: T, after: T) => boolean;
  write: (db: Database, entry: T, before: T | undefined) => void;
}

/** Writes what an estate file names and differs from what is there, each with its line in the change log. */
export function writeEntries(
  db: Database,
  current: State,
  entries: EstateEntries,
  stamp: { author: string; at: number },
  log: LogChange,
): ApplyResult {
  const { estate } = current;
  const result: ApplyResult = { created: 0, updated: 0, unchanged: 0, changedMeters: [] };
  const put = <T extends { id: string }>(list: readonly T[], of: Kind<T>): void => {
    for (const after of list) {
      const before = of.find(after.id);
      if (before && (of.same ?? isDeepStrictEqual)(before, after)) {
        result.unchanged++;
        continue;
      }
      if (before) result.updated++;
      else result.created++;
      of.write(db, after, before);
      const recompute = before !== undefined && (of.recompute?.(before, after) ?? false);
      if (recompute) result.changedMeters.push(after.id);
      log({ kind: of.kind, id: after.id, before: before ?? null, after, recompute });
    }
  };
  const gateways = new Map(estate.gateways.map((g) => [g.id, g]));
  const profiles = new Map(current.profiles.map((p) => [p.id, p]));
  const virtuals = new Map(estate.virtuals.map((v) => [v.id, v]));
  const sums = new Set([...estate.virtuals, ...entries.virtuals].map((v) => v.id));
  const known = (id: string) => {
    const meter = estate.meter(id);
    return meter && entryOf(meter);
  };
  const meters = entries.meters.map((m) => signed(known(m.id), m, stamp.author, stamp.at));
  const before = estate.zone.name;
  const after = entries.timezone ?? before;
  if (after !== before) {
    result.updated++;
    writeTimezone(db, after);
    log({ kind: 'setting', id: 'timezone', before, after, recompute: true });
  }
  put(entries.nodes, {
    kind: 'node',
    find: (id) => estate.node(id),
    write: (db, node) => writeNode(db, node, stamp),
  });
  // Before the meters, which may stand below them.
  put(entries.virtuals, { kind: 'virtual', find: (id) => virtuals.get(id), write: writeVirtual });
  put(meters, {
    kind: 'meter',
    find: known,
    same: sameEntry,
    recompute: differsInConsumption,
    write: (db, meter, before) =>
      writeMeter(db, meter, { known: before !== undefined, virtual: sums.has(meter.parent ?? '') }),
  });
  put(entries.gateways, { kind: 'gateway', find: (id) => gateways.get(id), write: writeGateway });
  put(entries.profiles, { kind: 'profile', find: (id) => profiles.get(id), write: writeProfile });
  if (after !== before) result.changedMeters = estate.meters.map((m) => m.id);
  return result;
}
