import type { Access } from '../access/access.ts';
import type { Accounts } from '../access/accounts.ts';
import type { AuditVerdict } from '../access/audit-verify.ts';
import type { Devices } from '../access/devices.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Estate } from '../domain/estate.ts';
import type { Reason } from '../domain/reading.ts';
import type { Decoded, Packet } from '../intake/decode.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Verified } from '../ledger/verify.ts';
import type { Operations } from '../operations/operations.ts';
import type { Batches } from '../reporting/batches.ts';
import type { EngineInfo, TimeSeries } from '../timeseries/port.ts';
import type { Audit } from './audited.ts';
import type { EstateApplied } from './schemas/estate.ts';
import type { RetryResult } from './schemas/quarantine.ts';
import type { ImportProgress } from './schemas/readings.ts';

export interface IntakeStatus {
  mode: 'embedded' | 'external' | 'off';
  /** Where meters reach it, e.g. `mqtt://127.0.0.1:1883`; null when off. */
  address: string | null;
  /** Connected gateways; null where the broker is not ours. */
  clients: number | null;
  readingsPerS: number;
  /** Arrival of the last reading, epoch ms. */
  lastReadingAt: number | null;
  /** Why nothing can arrive, e.g. an external broker that is not reached; null when all is well. */
  error: string | null;
  /** What an external broker says that it is; null where it does not, and for our own. */
  broker: string | null;
  /** What an external broker does that loses readings or may, in sentences. */
  warnings: readonly string[];
}

export interface RetryFilter {
  reason?: Reason;
  ids?: number[];
  /** Only items that name one of these. */
  meters?: readonly string[];
}

/** A payload profile with whether it came with the program. */
export interface ListedProfile {
  id: string;
  builtin: boolean;
  profile: Readonly<Record<string, unknown>>;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Everything that the routes need; the composition root gives it. */
export interface HttpDeps {
  version: string;
  /** epoch ms */
  startedAt: number;
  now: () => number;
  log: Log;
  /** Aborted when the server stops: live clients are sent away. */
  signal: AbortSignal;
  /** Directory of the built dashboard. */
  webRoot: string;
  /** As far as whoever asks may see it; throws outside a request. */
  estate: () => Estate;
  /** All of it, for what goes on behind the requests. */
  wholeEstate: () => Estate;
  access: Access;
  /** Accounts and sign-ins, for those routes that are about them. */
  accounts: Accounts;
  timeseries: TimeSeries;
  engine: EngineInfo;
  journal: Pick<
    Journal,
    | 'account'
    | 'oldestPending'
    | 'bytes'
    | 'limitBytes'
    | 'failure'
    | 'quarantine'
    | 'quarantineCounts'
    | 'suspects'
    | 'suspectCount'
    | 'revisions'
    | 'aheadOfTime'
    | 'oneTime'
    | 'recomputing'
    | 'dirty'
  >;
  ledger: Pick<Ledger, 'error' | 'onStored' | 'onWritten' | 'onRecomputed' | 'clocks'>;
  catalogue: Pick<
    Catalogue,
    | 'store'
    | 'version'
    | 'audit'
    | 'filings'
    | 'changeEpochs'
    | 'addManual'
    | 'addEstimate'
    | 'withdraw'
    | 'statements'
    | 'changeOf'
    | 'changes'
    | 'changeNode'
    | 'valueRecords'
    | 'policy'
    | 'policyChanges'
    | 'putPolicy'
    | 'changePolicy'
    | 'dropPolicy'
    | 'applyPolicy'
    | 'exportPolicy'
    | 'changeBook'
    | 'bookHistory'
    | 'explainBill'
    | 'attach'
    | 'detach'
    | 'attachments'
    | 'attachment'
  >;
  /** Takes down who did what; rows of changes are the catalogue's. */
  audit: Audit;
  /** Walks the audit trail and compares it with its hashes and heads. */
  verifyAudit: () => Promise<AuditVerdict>;
  /** Credentials of what sends readings. */
  devices: Devices;
  /** What the intake reads and writes at an external broker, as topic filters. */
  intakeTopics: () => { read: string[]; write: string[] };
  batches: Batches;
  operations: Operations;
  /** What was found wrong at start, or with a store that was reached later, in sentences. */
  warnings?: () => readonly string[];
  /** Settles when what was changed in the catalogue is computed, or after a few seconds where that takes long. */
  settled: () => Promise<void>;
  intake: () => IntakeStatus;
  /**
   * Creates or updates what an estate file names and has changed meters computed again.
   * @param input text of the file, or its content as an object
   * @param author who answers for it
   * @throws EstateFileError with every mistake
   */
  applyEstate: (input: unknown, author: string) => EstateApplied | Promise<EstateApplied>;
  /** @param estate what of it */
  exportEstate: (estate: Estate) => string;
  profiles: () => readonly ListedProfile[];
  /**
   * Decodes a packet as it would be if it arrived now, and keeps nothing of it.
   * @param estate with the meters that are known
   */
  decode: (packet: Packet, estate: Estate) => Decoded;
  /** Imports CSV with the columns meter,time,value; the last progress has `done: true`.
   * @param name of the file, for the place of a faulty line
   * @param estate lines of meters that are not in it are refused; null: they wait in quarantine
   * @throws UserError when it is no CSV of readings */
  importReadings: (
    csv: ReadableStream<Uint8Array>,
    name: string,
    estate: Estate | null,
  ) => AsyncIterable<ImportProgress>;
  /** Compares all stored consumption with the raw readings. */
  verify: () => AsyncIterable<Verified>;
  retryQuarantine: (filter: RetryFilter) => Promise<RetryResult>;
  /**
   * Writes a consistent copy of all data into a directory that is empty or does not exist yet.
   * @throws UserError when the directory will not do
   */
  backup: (directory: string) => Promise<{ files: string[]; bytes: number }>;
}

/** What the composition root gives: here `estate` is all of it. */
export type AppDeps = Omit<HttpDeps, 'wholeEstate'>;

/** A fault of the request that only the work itself could find; its message is shown. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
