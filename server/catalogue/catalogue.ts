import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import { type Change, type ChangeKind, readChanges, readMetersToRecompute, writeChange } from './changes.ts';
import { readDocument } from './estate-document.ts';
import { exportEstateFile } from './estate-export.ts';
import { type EstateEntries, readEstateFile, type ValidateProfile } from './estate-file.ts';
import { readGateways, writeGateway } from './gateways.ts';
import { type MeterEntry, readMeters, writeMeter } from './meters.ts';
import { CatalogueFileError, checkSchema, migrate } from './migrations.ts';
import { readNodes, writeNode } from './nodes.ts';
import { readProfiles, type StoredProfile, writeProfile } from './profiles.ts';
import { readRevision, readTimezone, writeRevision, writeTimezone } from './settings.ts';
import { transaction } from './transaction.ts';
import { zoneOf } from './zones.ts';

/** How long a write waits for another process that holds the lock. */
const BUSY_TIMEOUT_MS = 10_000;

export interface CatalogueOptions {
  /** What is wrong with a payload profile, one sentence each; intake knows. Without it any JSON will do. */
  validateProfile?: ValidateProfile;
  /** The clock of the change log, epoch ms. */
  now?: () => number;
}

export interface ApplyResult {
  /** Nodes, meters, gateways and payload profiles that were not there before. */
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

export interface CatalogueEvent {
  version: number;
  /** As in `ApplyResult`, counted from the last version that this process knew. */
  changedMeters: readonly string[];
}

export type CatalogueListener = (event: CatalogueEvent) => void;

/** What changes rarely: the tree, meters and their epochs, gateways, payload profiles, the time zone. */
export interface Catalogue {
  /** Grows with every change, whichever process made it. */
  readonly version: number;
  /** The whole estate as of `version`; the same object until the next change. */
  snapshot(): Estate;
  profiles(): readonly StoredProfile[];
  /**
   * Creates or updates what the estate file names, all or nothing; what the file does not name is left
   * alone, and what it names becomes exactly what the file says (a meter's exchanges included).
   * @param input text of the file (YAML or JSON), or its content as an object.
   * @param author who answers for the change.
   * @param source where it came from; stands in the change log.
   * @throws EstateFileError with every mistake in the file.
   */
  applyEstate(input: unknown, author: string, source?: string): ApplyResult;
  /** The whole catalogue as an estate file in YAML. */
  exportEstate(): string;
  /** Newest first, 100 unless told. */
  changes(options?: { limit?: number; of?: { kind: ChangeKind; id: string } }): Change[];
  /** Ids of the meters to compute again for one who has computed everything as of `version`. */
  changedMetersSince(version: number): string[];
  /** Calls the listener after each change, own or found by `refresh`. Returns the way to stop it. */
  onChange(listener: CatalogueListener): () => void;
  /** Looks whether another process changed the catalogue, and reads it again if so. Cheap when not. */
  refresh(): boolean;
  /** Writes a consistent copy of the catalogue to a file that does not exist yet, and syncs it. */
  backupTo(file: string): void;
  close(): void;
}

/**
 * Opens the catalogue of a data directory, creating or upgrading the file where needed.
 * @throws CatalogueFileError when the file is no catalogue or was written by a newer program.
 */
export function openCatalogue(file: string, options: CatalogueOptions = {}): Catalogue {
  return new SqliteCatalogue(openDatabase(file), options);
}

function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    // Before anything that writes: switching to WAL would already touch a file that is not ours.
    checkSchema(db, file);
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && error.message === 'file is not a database') {
      throw new CatalogueFileError(`${file}: is not a database`, { cause: error });
    }
    throw error;
  }
}

interface State {
  revision: number;
  estate: Estate;
  profiles: StoredProfile[];
}

class SqliteCatalogue implements Catalogue {
  readonly #db: DatabaseSync;
  readonly #validateProfile: ValidateProfile;
  readonly #now: () => number;
  readonly #listeners = new Set<CatalogueListener>();
  #dataVersion: number;
  #state: State;

  constructor(db: DatabaseSync, options: CatalogueOptions) {
    this.#db = db;
    this.#validateProfile = options.validateProfile ?? (() => []);
    this.#now = options.now ?? Date.now;
    this.#dataVersion = this.#readDataVersion();
    this.#state = this.#read();
  }

  get version(): number {
    return this.#state.revision;
  }

  snapshot(): Estate {
    return this.#state.estate;
  }

  profiles(): readonly StoredProfile[] {
    return this.#state.profiles;
  }

  applyEstate(input: unknown, author: string, source = 'estate file'): ApplyResult {
    const document = readDocument(input);
    const result = transaction(this.#db, () => {
      // The lock is held: what is read here is what the file is checked against and written over.
      const current = this.#currentState();
      const entries = readEstateFile(document, current.estate, this.#validateProfile);
      return this.#write(current, entries, author, source);
    });
    this.#adopt(this.#currentState());
    return result;
  }

  exportEstate(): string {
    return exportEstateFile(this.#state.estate, this.#state.profiles);
  }

  changes(options: { limit?: number; of?: { kind: ChangeKind; id: string } } = {}): Change[] {
    return readChanges(this.#db, options.limit ?? 100, options.of);
  }

  changedMetersSince(version: number): string[] {
    return readMetersToRecompute(this.#db, version);
  }

  onChange(listener: CatalogueListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  refresh(): boolean {
    const dataVersion = this.#readDataVersion();
    if (dataVersion === this.#dataVersion) return false;
    this.#dataVersion = dataVersion;
    return this.#adopt(this.#currentState());
  }

  backupTo(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file);
    // VACUUM INTO leaves the copy in the page cache.
    sync(file);
    sync(dirname(file));
  }

  close(): void {
    this.#listeners.clear();
    this.#db.close();
  }

  #write(current: State, entries: EstateEntries, author: string, source: string): ApplyResult {
    const revision = current.revision + 1;
    const stamp = { revision, createdAt: this.#now(), author, source };
    const { estate } = current;
    const before = estate.zone.name;
    const timezone = entries.timezone ?? before;
    const toRecompute = entries.meters.filter((m) => needsRecompute(estate.meter(m.id), m)).map((m) => m.id);
    const recomputed = new Set(toRecompute);
    const changedMeters = timezone === before ? toRecompute : estate.meters.map((m) => m.id);
    const result: ApplyResult = { created: 0, updated: 0, unchanged: 0, changedMeters };
    const put = <T extends { id: string }>(
      kind: ChangeKind,
      list: readonly T[],
      find: (id: string) => T | undefined,
      write: (db: DatabaseSync, entry: T) => void,
    ): void => {
      for (const after of list) {
        const before = find(after.id);
        if (before && isDeepStrictEqual(before, after)) {
          result.unchanged++;
          continue;
        }
        if (before) result.updated++;
        else result.created++;
        write(this.#db, after);
        const recompute = kind === 'meter' && recomputed.has(after.id);
        writeChange(this.#db, { ...stamp, kind, id: after.id, before: before ?? null, after, recompute });
      }
    };
    if (timezone !== before) {
      result.updated++;
      writeTimezone(this.#db, timezone);
      const change = { kind: 'setting' as const, id: 'timezone', before, after: timezone, recompute: true };
      writeChange(this.#db, { ...stamp, ...change });
    }
    const gateways = new Map(estate.gateways.map((g) => [g.id, g]));
    const profiles = new Map(current.profiles.map((p) => [p.id, p]));
    put('node', entries.nodes, (id) => estate.node(id), writeNode);
    put('meter', entries.meters, (id) => withoutNo(estate.meter(id)), writeMeter);
    put('gateway', entries.gateways, (id) => gateways.get(id), writeGateway);
    put('profile', entries.profiles, (id) => profiles.get(id), writeProfile);
    if (result.created + result.updated > 0) writeRevision(this.#db, revision);
    return result;
  }

  /** Makes a state that was read the known one, and tells the listeners. */
  #adopt(next: State): boolean {
    const known = this.#state;
    if (next.revision === known.revision) return false;
    this.#state = next;
    const zoneChanged = next.estate.zone.name !== known.estate.zone.name;
    const changedMeters = next.estate.meters
      .filter((m) => {
        const before = known.estate.meter(m.id);
        return before !== undefined && (zoneChanged || needsRecompute(before, m));
      })
      .map((m) => m.id);
    for (const listener of [...this.#listeners]) listener({ version: next.revision, changedMeters });
    return true;
  }

  #currentState(): State {
    return readRevision(this.#db) === this.#state.revision ? this.#state : this.#read();
  }

  #read(): State {
    const db = this.#db;
    const read = (): State => {
      const zone = zoneOf(readTimezone(db));
      const estate = new Estate(zone, readNodes(db), readMeters(db), readGateways(db));
      return { revision: readRevision(db), estate, profiles: readProfiles(db) };
    };
    if (db.isTransaction) return read();
    // One read transaction, so that the tables belong to the same revision.
    db.exec('BEGIN');
    try {
      return read();
    } finally {
      db.exec('ROLLBACK');
    }
  }

  #readDataVersion(): number {
    return this.#db.prepare('PRAGMA data_version').get()?.data_version as number;
  }
}

function needsRecompute(before: Meter | undefined, after: MeterEntry): boolean {
  if (!before) return false;
  const ground = (m: MeterEntry): unknown => [
    m.register,
    m.intervalS,
    m.intervalLabel,
    m.epochs.map((e) => ({ ...e, note: null })),
  ];
  return !isDeepStrictEqual(ground(before), ground(after));
}

function withoutNo(meter: Meter | undefined): MeterEntry | undefined {
  if (!meter) return undefined;
  const { no: _, ...entry } = meter;
  return entry;
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
