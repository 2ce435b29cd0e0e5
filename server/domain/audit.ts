/** What the audit trail holds: who did what, to what, from where, and what became of it. */

export const OUTCOMES = ['done', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** `system`: the program by itself, such as a ceiling that it learned. */
export const ACTOR_KINDS = ['person', 'operator', 'device', 'system', 'nobody'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Whoever does something. */
export interface Actor {
  kind: ActorKind;
  /** Of a person or a device; empty for the others. */
  id: string;
  /** As it is written beside what they enter; empty where nobody is known. */
  name: string;
  /** Where they are; empty on the machine itself. */
  address: string;
  /** Of the request, as in the log; empty where there was none. */
  request: string;
}

/** Something that happened, before it is written down. */
export interface AuditInput {
  actor: Actor;
  /** A stable word, such as `sign_in` or `meter.change`. */
  action: string;
  /** Of what it was done; empty: of nothing in particular. */
  target?: string;
  /** null or left out: there was nothing. */
  before?: unknown;
  after?: unknown;
  outcome: Outcome;
  /** Of the HTTP answer, where there was one. */
  status?: number;
  /** How many alike it stands for; 1 unless told. */
  count?: number;
}

/** A row of the trail. */
export interface AuditRow {
  /** 1, 2, 3 … without a gap. */
  no: number;
  /** epoch ms */
  at: number;
  /** Of the last of several alike; otherwise as `at`. */
  until: number;
  /** How many alike it stands for. */
  count: number;
  kind: ActorKind;
  who: string;
  name: string;
  address: string;
  request: string;
  action: string;
  target: string;
  /** JSON, with secrets left out and cut where it is long. */
  before: string | null;
  after: string | null;
  outcome: Outcome;
  status: number | null;
  /** Hash of the row before; of the first one, `NO_HASH`. */
  previous: string;
  /** SHA-256 of `canonical(row)`, in hex. */
  hash: string;
}

/** What the first row follows. */
export const NO_HASH = '0'.repeat(64);

/** What the hash of a row is made of: every value but the hash itself, as JSON in this order. */
export function canonical(row: Omit<AuditRow, 'hash'>): string {
  return JSON.stringify([
    'jieneng-audit-1',
    ...[row.no, row.at, row.until, row.count],
    ...[row.kind, row.who, row.name, row.address, row.request],
    ...[row.action, row.target, row.before, row.after],
    ...[row.outcome, row.status, row.previous],
  ]);
}

/** Names under which secrets travel; whatever stands there is left out. */
const SECRET =
  /pass(word|phrase)|secret|token|credential|cookie|otp|^code$|^codes$|^key$|private_key|authorization/i;
/** What stands in the place of a secret. */
export const LEFT_OUT = '***';
/** So deep a value is followed: none of ours goes so far, and whoever sends one shall not stop the trail. */
const DEPTH_LIMIT = 40;

/** A value without the secrets in it; what lies deeper than `DEPTH_LIMIT` is left out as well. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_LIMIT) return '…';
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET.test(name) ? LEFT_OUT : withoutSecrets(inner, depth + 1),
    ]),
  );
}
