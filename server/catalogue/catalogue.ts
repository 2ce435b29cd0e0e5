import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../domain/audit.ts';
import type { BookChange, BookKey, BookRecord } from '../domain/book.ts';
import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Policy, PolicyBodies, PolicyKind } from '../domain/policy.ts';
import type { EstimateInput, ManualInput } from '../domain/statement.ts';
import { AccountStore } from './accounts.ts';
import { type ApplyResult, writeEntries } from './apply.ts';
import {
  type Attachment,
  readAttachment,
  readAttachments,
  removeAttachment,
  writeAttachment,
} from './attachments.ts';
import { type NodePart, writeNodePart } from './attributes.ts';
import { AuditStore } from './audit.ts';
import { readBookHistory, writeBook, writeExplanation } from './book.ts';
import { type LearnedOf, writeCeilings } from './ceilings.ts';
import {
  type Change,
  type ChangeCount,
  type ChangedMeter,
  type ChangeKind,
  countChanges,
  readChangedSince,
  readChangeOf,
  readChanges,
} from './changes.ts';
import type { Database } from './database.ts';
import { DeviceStore } from './devices.ts';
import { readDocument } from './estate-document.ts';
import { exportEstateFile } from './estate-export.ts';
import { readEstateFile, type ValidateProfile } from './estate-file.ts';
import { FilingStore } from './filings.ts';
import { differsInConsumption, entryOf } from './meter-entry.ts';
import { writeEpochs } from './meters.ts';
import { readValueRecords, type ValueRecord } from './nodes.ts';
import { openDatabase } from './open-database.ts';
import {
  changePolicyBody,
  dropPolicyItem,
  exportPolicyFile,
  type PolicyApplied,
  type PolicyEntry,
  writePolicyBody,
  writePolicyFile,
} from './policy.ts';
import type { StoredProfile } from './profiles.ts';
import type { State } from './state.ts';
import {
  readStatements,
  type StatementRecord,
  writeEstimate,
  writeManual,
  writeWithdrawal,
} from './statements.ts';
import { type CatalogueListener, Versions } from './versions.ts';

export interface CatalogueOptions {
  /** What is wrong with a payload profile, one sentence each; intake knows. Without it any JSON will do. */
  validateProfile?: ValidateProfile;
  /** The clock of the change log, epoch ms. */
  now?: () => number;
  /** Who is at work, for the audit trail; null, or without it: the program by itself. */
  actor?: () => Actor | null;
}

/**
 * Opens a catalogue, creating or upgrading it where needed.
 * @param location a file, or the address of a PostgreSQL server, `postgres://…`
 * @throws CatalogueFileError when it is no catalogue or was written by a newer program; CatalogueUnavailable
 */
export function openCatalogue(location: string, options: CatalogueOptions = {}): Catalogue {
  const db = openDatabase(location);
  try {
    return new Catalogue(db, options);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * What changes rarely: the tree, meters and their epochs and what people stated about them, gateways, payload
 * profiles, the time zone, and the policy. Whatever writes returns the version that it led to; a write that changes nothing
 * makes no version.
 */
export class Catalogue {
  /** What is filed with the bureau; it makes no versions. */
  readonly filings: FilingStore;
  /** Who did what. A change and its row are written together; it makes no versions. */
  readonly audit: AuditStore;
  /** Credentials of what sends readings; they make no versions. */
  readonly devices: DeviceStore;
  /** Who may sign in, and who is; it makes no versions. */
  readonly accounts: AccountStore;
  readonly #db: Database;
  readonly #validateProfile: ValidateProfile;
  readonly #versions: Versions;

  constructor(db: Database, options: CatalogueOptions) {
    this.#db = db;
    this.#validateProfile = options.validateProfile ?? (() => []);
    const now = options.now ?? Date.now;
    this.audit = new AuditStore(db, options.actor);
    this.filings = new FilingStore(db, this.audit);
    this.devices = new DeviceStore(db, this.audit, now);
    this.accounts = new AccountStore(db, this.audit, now);
    this.#versions = new Versions(db, this.audit, now);
  }

  /** Grows with every change, whichever process made it. */
  get version(): number {
    return this.#versions.state.revision;
  }

  /** The whole estate as of `version`; the same object until the next change. */
  snapshot(): Estate {
    return this.#versions.state.estate;
  }

  profiles(): readonly StoredProfile[] {
    return this.#versions.state.profiles;
  }

  /**
   * Creates or updates what the estate file names, all or nothing; what the file does not name is left
   * alone, and what it names becomes exactly what the file says (a meter's exchanges included).
   * @param input text of the file (YAML or JSON), or its content as an object.
   * @param author who answers for the change.
   * @param source where it came from; stands in the change log.
   * @throws EstateFileError with every mistake in the file.
   */
  applyEstate(input: unknown, author: string, source = 'estate file'): ApplyResult {
    const document = readDocument(input);
    const { done } = this.#versions.write(author, source, (current, log, at) => {
      const entries = readEstateFile(document, current.estate, this.#validateProfile);
      return writeEntries(this.#db, current, entries, { author, at }, log);
    });
    return done;
  }

  /** The whole catalogue as an estate file in YAML. @param estate only this part of it, as a whole of its own */
  exportEstate(estate = this.#versions.state.estate): string {
    return exportEstateFile(estate, this.#versions.state.profiles);
  }

  /**
   * Changes the epochs of a meter, e.g. by `withExchange`; whatever else `change` does to it is left out.
   * @param change is given the meter as it is once the lock is held; what it throws is thrown again
   */
  changeEpochs(id: string, change: (meter: Meter) => Meter, author: string, source: string): number {
    return this.#versions.write(author, source, (current, log) => {
      const meter = meterIn(current, id);
      const before = entryOf(meter);
      const after = { ...before, epochs: change(meter).epochs };
      if (isDeepStrictEqual(before, after)) return;
      writeEpochs(this.#db, after);
      log({ kind: 'meter', id, before, after, recompute: differsInConsumption(before, after) });
    }).version;
  }

  /** @throws StatementError where it cannot be stated */
  addManual(id: string, input: ManualInput): { version: number; no: number } {
    const { version, done: no } = this.#versions.write(
      input.recordedBy,
      'manual reading',
      (current, log, at) => writeManual(this.#db, meterIn(current, id), input, at, log),
    );
    return { version, no };
  }

  /** @throws StatementError where it cannot be stated */
  addEstimate(id: string, input: EstimateInput): { version: number; no: number } {
    const { version, done: no } = this.#versions.write(input.recordedBy, 'estimate', (current, log, at) =>
      writeEstimate(this.#db, meterIn(current, id), input, at, log),
    );
    return { version, no };
  }

  /** Takes back what was stated; it stays in `statements`. @throws StatementError where nothing in force has that number */
  withdraw(id: string, no: number, why: { reason: string; recordedBy: string }): number {
    return this.#versions.write(why.recordedBy, 'withdrawal', (current, log, at) =>
      writeWithdrawal(this.#db, meterIn(current, id), no, why, at, log),
    ).version;
  }

  /** Everything that was ever stated about a meter, in the order in which it was. */
  statements(id: string): StatementRecord[] {
    return readStatements(this.#db, meterIn(this.#versions.state, id).no);
  }

  /**
   * Changes the values of an attribute, or the classification, of one node.
   * @throws RangeError where there is no such node, EstateFileError with every mistake
   */
  changeNode(id: string, part: NodePart, author: string, source: string): number {
    return this.#versions.write(author, source, (current, log, at) => {
      const node = current.estate.node(id);
      if (!node) throw new RangeError(`no node ${JSON.stringify(id)}`);
      writeNodePart(this.#db, node, part, { author, at }, log);
    }).version;
  }

  /** The values of a node's attributes with who wrote them down. */
  valueRecords(node: string): ValueRecord[] {
    return readValueRecords(this.#db, node);
  }

  /** Schemes, factors, targets … as of `version`; the same object until one of them changes. */
  policy(): Policy {
    return this.#versions.state.policy.policy;
  }

  /** How often the items of a kind were changed, by id. */
  policyChanges(kind: PolicyKind): Map<string, ChangeCount> {
    const prefix = `${kind}/`;
    const counts = countChanges(this.#db, 'policy', prefix);
    return new Map([...counts].map(([id, count]) => [id.slice(prefix.length), count]));
  }

  /**
   * Creates or changes an item of the policy.
   * @param body as files and the HTTP door have it, without the id
   * @throws EstateFileError with every mistake, paths inside the body
   */
  putPolicy(kind: PolicyKind, id: string, body: unknown, author: string, source: string): number {
    return this.#versions.write(author, source, (current, log) =>
      writePolicyBody(this.#db, current, kind, id, body, log),
    ).version;
  }

  /**
   * Changes an item by a function of what it is now, with the lock held; what `change` throws is thrown again.
   * @throws EstateFileError where the result cannot stand
   */
  changePolicy<K extends PolicyKind>(
    kind: K,
    id: string,
    change: (body: PolicyBodies[K] | undefined) => PolicyBodies[K],
    author: string,
    source: string,
  ): number {
    return this.#versions.write(author, source, (current, log) =>
      changePolicyBody(this.#db, current, kind, id, change, log),
    ).version;
  }

  /**
   * Drops an own item; a shipped one of the same id comes back.
   * @throws RangeError where there is none, EstateFileError where others need it
   */
  dropPolicy(kind: PolicyKind, id: string, author: string, source: string): number {
    return this.#versions.write(author, source, (current, log) =>
      dropPolicyItem(this.#db, current, kind, id, log),
    ).version;
  }

  /** Creates or changes what a policy file names, all or nothing. @throws EstateFileError with every mistake */
  applyPolicy(input: unknown, author: string, source = 'policy file'): PolicyApplied {
    const document = readDocument(input);
    return this.#versions.write(author, source, (current, log) =>
      writePolicyFile(this.#db, current, document, log),
    ).done;
  }

  /** The own items as a policy file in YAML. @param wanted only those that it says yes to */
  exportPolicy(wanted?: (entry: PolicyEntry) => boolean): string {
    return exportPolicyFile(this.#versions.state.policy, wanted);
  }

  /**
   * Enters what belongs into the book (台账), all or nothing; what is in force stands in `snapshot().book`.
   * @returns how many records were made
   * @throws BookError with every fault
   */
  changeBook(changes: readonly BookChange[], author: string, source: string): number {
    return this.#versions.write(author, source, (current, log, at) =>
      writeBook(this.#db, current, changes, { author, source, at }, log),
    ).done;
  }

  /** What was ever entered of a key, newest first. */
  bookHistory(key: BookKey, limit: number): BookRecord[] {
    return readBookHistory(this.#db, key, limit);
  }

  /** Says why a bill differs from the meters; an empty text takes that back. @throws RangeError without entry */
  explainBill(key: BookKey, text: string, author: string): void {
    const source = 'explanation';
    this.#versions.write(author, source, (current, log, at) =>
      writeExplanation(this.#db, current, key, text, { author, source, at }, log),
    );
  }

  /** @returns its number. @throws AttachmentError where it is not taken */
  attach(key: BookKey, file: { name: string; content: Uint8Array }, author: string): number {
    const source = 'attachment';
    return this.#versions.write(author, source, (current, log, at) =>
      writeAttachment(this.#db, current, key, file, { author, source, at }, log),
    ).done;
  }

  /** @throws RangeError where there is none */
  detach(no: number, author: string): void {
    const source = 'attachment';
    this.#versions.write(author, source, (_, log, at) =>
      removeAttachment(this.#db, no, { author, source, at }, log),
    );
  }

  /** Those of some nodes, in the order of the nodes. */
  attachments(nodes: readonly string[], month: string): Attachment[] {
    return readAttachments(this.#db, nodes, month);
  }

  attachment(no: number): (Attachment & { content: Uint8Array<ArrayBuffer> }) | null {
    return readAttachment(this.#db, no);
  }

  /** Writes down what was learned from the readings, all of it as one version. */
  recordCeilings(learned: readonly LearnedOf[], author = 'jieneng'): number {
    return this.#versions.write(author, 'readings', (current, log) =>
      writeCeilings(this.#db, current.estate, learned, log),
    ).version;
  }

  /** Newest first, 100 unless told. */
  changes(options: { limit?: number; of?: { kind: ChangeKind; id: string } } = {}): Change[] {
    return readChanges(this.#db, options.limit ?? 100, options.of);
  }

  /** Who changed a meter, or the time zone, with a version, and from where; null: that version did not. */
  changeOf(version: number, meter: string): Change | null {
    return readChangeOf(this.#db, version, meter);
  }

  /** The meters to compute again for one who has computed everything as of `version`, and why. */
  changedSince(version: number): ChangedMeter[] {
    return readChangedSince(this.#db, version);
  }

  /** Their ids, each once. */
  changedMetersSince(version: number): string[] {
    return [...new Set(readChangedSince(this.#db, version).map((m) => m.id))];
  }

  /** Calls the listener after each change, own or found by `refresh`. Returns the way to stop it. */
  onChange(listener: CatalogueListener): () => void {
    return this.#versions.onChange(listener);
  }

  /**
   * Looks whether another process changed the catalogue, and reads it again if so. Cheap when not; while the
   * store does not answer, what is known stays.
   */
  refresh(): boolean {
    return this.#versions.refresh();
  }

  /** Where it is kept, and why that does not answer; what was read keeps serving meanwhile. */
  get store(): { engine: Database['engine']; error: string | null } {
    return { engine: this.#db.engine, error: this.#db.failure };
  }

  /**
   * Writes a consistent copy of the catalogue, an SQLite file whatever the store, to a file that does not
   * exist yet, and syncs it.
   */
  backupTo(file: string): void {
    this.#db.copyTo(file);
  }

  close(): void {
    this.#versions.close();
    this.#db.close();
  }
}

function meterIn(state: State, id: string): Meter {
  const meter = state.estate.meter(id);
  if (!meter) throw new RangeError(`no meter ${JSON.stringify(id)}`);
  return meter;
}
