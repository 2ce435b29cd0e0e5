import { isDeepStrictEqual } from 'node:util';
import { Document } from 'yaml';
import { z } from 'zod';
import type { Estate } from '../domain/estate.ts';
import { POLICY_KINDS, Policy, type PolicyBodies, type PolicyKind } from '../domain/policy.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';
import { type EstateDocument, type FilePath, Issues } from './estate-document.ts';
import { isMapping, readField, what } from './estate-schema.ts';
import { KINDS } from './policy-kinds/index.ts';
import type { PolicyKindOf } from './policy-kinds/kind.ts';

/** An item as files and the HTTP door have it. */
export interface PolicyEntry {
  kind: PolicyKind;
  id: string;
  body: Record<string, unknown>;
}

export interface PolicyApplied {
  created: number;
  updated: number;
  unchanged: number;
}

/** What the catalogue holds, as far as the policy needs it. */
interface Current {
  estate: Estate;
  policy: StoredPolicy;
}

/** The policy, with the text of each own item that it was read from. */
export interface StoredPolicy {
  policy: Policy;
  own: ReadonlyMap<string, OwnItem>;
}

interface OwnItem<K extends PolicyKind = PolicyKind> {
  kind: K;
  text: string;
  body: PolicyBodies[K];
}

const ID = z.string().regex(/^[A-Za-z0-9._:-]{1,160}$/, 'must be 1 to 160 of A–Z a–z 0–9 . _ : -');
const KIND = z.enum(POLICY_KINDS);
/** Far above any real policy: targets of 5,000 institutions. */
const LIMIT_ITEMS = 50_000;

/** @param known what was read before: items whose text is the same are not read again */
export function readPolicy(db: Database, known?: StoredPolicy): StoredPolicy {
  const own = new Map<string, OwnItem>();
  let same = known !== undefined;
  for (const row of db.prepare('SELECT kind, id, body FROM policy ORDER BY kind, id').iterate()) {
    const { kind, id, body: text } = row as { kind: PolicyKind; id: string; body: string };
    const before = known?.own.get(`${kind}/${id}`);
    const item = before?.text === text ? before : { kind, text, body: parseStored(kind, id, text) };
    if (item !== before) same = false;
    own.set(`${kind}/${id}`, item);
  }
  if (known && same && own.size === known.own.size) return known;
  return { policy: new Policy([...own.values()]), own };
}

function parseStored(kind: PolicyKind, id: string, text: string): PolicyBodies[PolicyKind] {
  const result = KIND.safeParse(kind);
  if (!result.success) throw new Error(`the catalogue has a policy of the unknown kind ${kind}`);
  const read = shapeOf(kind).schema.safeParse(JSON.parse(text));
  if (!read.success) {
    throw new Error(`the catalogue's ${kind} ${JSON.stringify(id)} cannot be read: ${read.error.message}`);
  }
  return { ...read.data, id } as PolicyBodies[PolicyKind];
}

/** The body as files and the HTTP door have it. */
export function shown<K extends PolicyKind>(kind: K, body: PolicyBodies[K]): Record<string, unknown> {
  return KINDS[kind].show(body);
}

/**
 * Creates or changes what a policy file names, all or nothing; what it does not name is left alone.
 * @throws EstateFileError with every mistake
 */
export function writePolicyFile(
  db: Database,
  current: Current,
  document: EstateDocument,
  log: LogChange,
): PolicyApplied {
  const issues = new Issues();
  const placed = new Map<OwnItem, FilePath>();
  for (const [i, value] of itemsOf(document.value, issues).entries()) {
    const path = ['policy', i];
    if (!isMapping(value)) {
      issues.add(path, `must be a mapping with the keys kind, id, body, not ${what(value)}`);
      continue;
    }
    for (const key of Object.keys(value)) {
      if (!['kind', 'id', 'body'].includes(key))
        issues.add([...path, key], 'unknown key; the keys here are kind, id, body');
    }
    const kind = readField(KIND, value.kind, [...path, 'kind'], issues);
    const id = readField(ID, value.id, [...path, 'id'], issues);
    if (kind === undefined || id === undefined) continue;
    const body = readBody(kind, id, value.body, [...path, 'body'], issues);
    if (body === undefined) continue;
    if ([...placed.keys()].some((o) => o.kind === kind && o.body.id === id)) {
      issues.add([...path, 'id'], `the ${kind} ${JSON.stringify(id)} stands in the file already`);
    }
    placed.set(itemOf(kind, body), [...path, 'body']);
  }
  issues.throwIfAny(document);
  check(current, [...placed], issues);
  issues.throwIfAny(document);
  return write(db, current.policy, [...placed.keys()], log);
}

/** @throws EstateFileError with every mistake, paths inside the body */
export function writePolicyBody(
  db: Database,
  current: Current,
  kind: PolicyKind,
  id: string,
  value: unknown,
  log: LogChange,
): void {
  const nowhere: EstateDocument = { value, locate: () => null };
  const issues = new Issues();
  readField(ID, id, ['id'], issues);
  const body = readBody(kind, id, value, [], issues);
  issues.throwIfAny(nowhere);
  if (body !== undefined) writeChecked(db, current, itemOf(kind, body), log);
}

/**
 * Changes an item by a function of what it is now; for kinds that only routes of their own may change.
 * @throws EstateFileError where the result cannot stand
 */
export function changePolicyBody<K extends PolicyKind>(
  db: Database,
  current: Current,
  kind: K,
  id: string,
  change: (body: PolicyBodies[K] | undefined) => PolicyBodies[K],
  log: LogChange,
): void {
  writeChecked(db, current, itemOf(kind, change(current.policy.policy.get(kind, id))), log);
}

/** Drops an own item; a shipped one behind it comes back. @throws EstateFileError where others need it */
export function dropPolicyItem(
  db: Database,
  current: Current,
  kind: PolicyKind,
  id: string,
  log: LogChange,
): void {
  const key = `${kind}/${id}`;
  const before = current.policy.own.get(key);
  if (!before) throw new RangeError(`no own ${kind} ${JSON.stringify(id)}`);
  const left = [...current.policy.own.values()].filter((item) => item !== before);
  const policy = new Policy(left);
  const issues = new Issues();
  if (shapeOf(kind).guarded) issues.add([], `a ${kind} stays on record`);
  for (const item of left) {
    if (faultsOf(item, current.estate, current.policy.policy).length > 0) continue;
    for (const { message } of faultsOf(item, current.estate, policy)) {
      issues.add([], `the ${item.kind} ${JSON.stringify(item.body.id)} needs it: ${message}`);
    }
  }
  issues.throwIfAny({ value: null, locate: () => null });
  db.prepare('DELETE FROM policy WHERE kind = ? AND id = ?').run(kind, id);
  log({ kind: 'policy', id: key, before: JSON.parse(before.text), after: null, recompute: false });
}

/**
 * The own items as a policy file in YAML; applied to an empty catalogue it gives the same policy.
 * @param wanted only those that it says yes to
 */
export function exportPolicyFile(
  stored: StoredPolicy,
  wanted: (entry: PolicyEntry) => boolean = () => true,
): string {
  const policy = [...stored.own.values()]
    .filter(({ kind }) => !shapeOf(kind).guarded)
    .map(({ kind, body }): PolicyEntry => ({ kind, id: body.id, body: shown(kind, body) }))
    .filter(wanted);
  return new Document({ version: 1, policy }, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 });
}

function itemsOf(value: unknown, issues: Issues): unknown[] {
  if (!isMapping(value)) {
    issues.add([], `must be a mapping with the keys version, policy, not ${what(value)}`);
    return [];
  }
  for (const key of Object.keys(value)) {
    if (key !== 'version' && key !== 'policy')
      issues.add([key], 'unknown key; the keys here are version, policy');
  }
  readField(z.literal(1), value.version, ['version'], issues);
  const { policy = null } = value;
  if (policy === null) return [];
  if (!Array.isArray(policy)) {
    issues.add(['policy'], `must be a list of { kind, id, body }, not ${what(policy)}`);
    return [];
  }
  if (policy.length > LIMIT_ITEMS) issues.add(['policy'], `has more than ${LIMIT_ITEMS} items`);
  return policy.slice(0, LIMIT_ITEMS);
}

function readBody<K extends PolicyKind>(
  kind: K,
  id: string,
  value: unknown,
  path: FilePath,
  issues: Issues,
): PolicyBodies[K] | undefined {
  const shape = shapeOf(kind);
  if (shape.guarded) {
    issues.add(path, `a ${kind} changes only step by step, through its own routes`);
    return undefined;
  }
  const read = readField(shape.schema, value, path, issues);
  return read === undefined ? undefined : ({ ...read, id } as PolicyBodies[K]);
}

function itemOf<K extends PolicyKind>(kind: K, body: PolicyBodies[K]): OwnItem<K> {
  return { kind, body, text: JSON.stringify(shown(kind, body)) };
}

function writeChecked(db: Database, current: Current, item: OwnItem, log: LogChange): void {
  const issues = new Issues();
  check(current, [[item, []]], issues);
  issues.throwIfAny({ value: null, locate: () => null });
  write(db, current.policy, [item], log);
}

/** Against the policy as it would be. */
function check(
  { estate, policy: stored }: Current,
  items: readonly (readonly [OwnItem, FilePath])[],
  issues: Issues,
): void {
  const next = new Map(stored.own);
  for (const [item] of items) next.set(`${item.kind}/${item.body.id}`, item);
  const policy = new Policy([...next.values()]);
  for (const [item, path] of items) {
    for (const fault of faultsOf(item, estate, policy)) issues.add([...path, ...fault.path], fault.message);
  }
}

function faultsOf<K extends PolicyKind>({ kind, body }: OwnItem<K>, estate: Estate, policy: Policy) {
  return shapeOf(kind).check?.(body, { estate, policy }) ?? [];
}

function write(db: Database, stored: StoredPolicy, items: readonly OwnItem[], log: LogChange): PolicyApplied {
  const put = db.prepare(
    'INSERT INTO policy (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body',
  );
  const result: PolicyApplied = { created: 0, updated: 0, unchanged: 0 };
  for (const { kind, body, text } of items) {
    const key = `${kind}/${body.id}`;
    const before = stored.own.get(key);
    const after: unknown = JSON.parse(text);
    const was: unknown = before ? JSON.parse(before.text) : null;
    if (before && isDeepStrictEqual(was, after)) {
      result.unchanged++;
      continue;
    }
    if (before) result.updated++;
    else result.created++;
    put.run(kind, body.id, text);
    log({ kind: 'policy', id: key, before: was, after, recompute: false });
  }
  return result;
}

function shapeOf<K extends PolicyKind>(kind: K): PolicyKindOf<PolicyBodies[K]> {
  return KINDS[kind];
}
