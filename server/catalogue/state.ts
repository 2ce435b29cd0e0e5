import { Estate } from '../domain/estate.ts';
import { readBook } from './book.ts';
import { changedOnly } from './changes.ts';
import type { Database } from './database.ts';
import { readGateways } from './gateways.ts';
import { readMeters } from './meters.ts';
import { readNodes } from './nodes.ts';
import { readPolicy, type StoredPolicy } from './policy.ts';
import { readProfiles, type StoredProfile } from './profiles.ts';
import { readRevision, readTimezone } from './settings.ts';
import { readVirtuals } from './virtuals.ts';
import { zoneOf } from './zones.ts';

/** Everything that the catalogue holds, as of one version. */
export interface State {
  revision: number;
  estate: Estate;
  profiles: StoredProfile[];
  policy: StoredPolicy;
}

/**
 * Reads all tables as of the same version, inside the transaction that runs or in one of its own.
 * @param known the state before, of which what did not change is kept: what was found in an estate stays found
 */
export function readState(db: Database, known?: State): State {
  const read = (): State => {
    const policy = readPolicy(db, known?.policy);
    const revision = readRevision(db);
    const book = readBook(db, known?.estate.book);
    if (known && changedOnly(db, ['policy', 'book'], known.revision)) {
      const estate = book === known.estate.book ? known.estate : known.estate.withBook(book);
      return { ...known, revision, policy, estate };
    }
    const zone = zoneOf(readTimezone(db));
    const estate = new Estate(zone, readNodes(db), readMeters(db), readGateways(db), readVirtuals(db), book);
    return { revision, estate, profiles: readProfiles(db), policy };
  };
  return db.read(read);
}
