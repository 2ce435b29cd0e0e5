import type { DatabaseSync } from 'node:sqlite';
import { Estate } from '../domain/estate.ts';
import { readGateways } from './gateways.ts';
import { readMeters } from './meters.ts';
import { readNodes } from './nodes.ts';
import { readProfiles, type StoredProfile } from './profiles.ts';
import { readRevision, readTimezone } from './settings.ts';
import { readVirtuals } from './virtuals.ts';
import { zoneOf } from './zones.ts';

/** Everything that the catalogue holds, as of one version. */
export interface State {
  revision: number;
  estate: Estate;
  profiles: StoredProfile[];
}

/** Reads all tables as of the same version, inside the transaction that runs or in one of its own. */
export function readState(db: DatabaseSync): State {
  const read = (): State => {
    const zone = zoneOf(readTimezone(db));
    const estate = new Estate(zone, readNodes(db), readMeters(db), readGateways(db), readVirtuals(db));
    return { revision: readRevision(db), estate, profiles: readProfiles(db) };
  };
  if (db.isTransaction) return read();
  db.exec('BEGIN');
  try {
    return read();
  } finally {
    db.exec('ROLLBACK');
  }
}
