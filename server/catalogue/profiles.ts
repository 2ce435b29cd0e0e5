import type { Database } from './database.ts';

/** A payload profile as the catalogue keeps it: JSON under an id; what it means is known to intake. */
export interface StoredProfile {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** Every payload profile, in the order in which they were created. */
export function readProfiles(db: Database): StoredProfile[] {
  const rows = db.prepare('SELECT body FROM payload_profile ORDER BY no').all();
  return rows.map((row) => JSON.parse(row.body as string) as StoredProfile);
}

/** Creates the profile, or replaces the one of that id. */
export function writeProfile(db: Database, profile: StoredProfile): void {
  db.prepare(
    `INSERT INTO payload_profile (id, body) VALUES (?, ?)
     ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
  ).run(profile.id, JSON.stringify(profile));
}
