import type { StoredPerson } from '../../catalogue/accounts-rows.ts';
import type { StoredDevice } from '../../catalogue/devices.ts';
import type { AuditRow } from '../../domain/audit.ts';
import type { Estate } from '../../domain/estate.ts';
import { parseFilingId } from '../../domain/filing.ts';
import { POLICY_KINDS, type Policy, type PolicyKind } from '../../domain/policy.ts';
import type { AuditEntry } from '../schemas/audit.ts';

/** Where the names stand: each as far as whoever asks may see it. */
export interface Named {
  estate: Estate;
  policy: Policy;
  people: readonly StoredPerson[];
  device: (name: string) => Pick<StoredDevice, 'kind' | 'subject'> | null;
}
type AuditObject = NonNullable<AuditEntry['object']>;
type Row = Pick<AuditRow, 'action' | 'target' | 'before' | 'after'>;

/** Of actions whose bare target is an account or an id of a person. */
const OF_PEOPLE = /^(account|grant|sign_in|second_factor|password)(\.|$)/;
/** Whose bare target is something that has no name, such as a batch, or a word of the route. */
const NAMELESS = /^(batch|token|certificate|backup)(\.|$)|^sign_out\.|^export\.(batch|attachment)$/;

/** What the targets of rows are, by name as it is now; of what is gone, as the row itself holds it. */
export function objectNamer({ estate, policy, people, device }: Named): (row: Row) => AuditObject | null {
  const persons = new Map(people.flatMap((p) => [[p.account, p] as const, [p.id, p] as const]));
  const person = (id: string): AuditObject | null => {
    const name = persons.get(id)?.name;
    return name === undefined ? null : { kind: 'person', name, of: null };
  };
  const node = (id: string): AuditObject | null => {
    const found = estate.node(id);
    return found ? { kind: found.kind, name: found.name, of: null } : null;
  };
  const meter = (id: string): AuditObject | null => {
    const name = (estate.meter(id) ?? estate.virtual(id))?.name;
    return name === undefined ? null : { kind: 'meter', name, of: null };
  };
  const gateway = (id: string): AuditObject | null => {
    const name = estate.gateway(id)?.name;
    return name === undefined ? null : { kind: 'gateway', name, of: null };
  };
  const credential = (name: string): AuditObject => {
    const { kind, subject } = device(name) ?? {};
    const of = kind === 'meter' ? meter(subject ?? '') : kind === 'gateway' ? gateway(subject ?? '') : null;
    return { kind: 'device', name: of?.name ?? null, of: null };
  };
  const item = (kind: string, id: string): AuditObject | null => {
    const known = POLICY_KINDS.find((k) => k === kind);
    return known ? { kind: known, ...itemName(policy, known, id, (at) => node(at)?.name ?? null) } : null;
  };
  const filing = (id: string): AuditObject | null => {
    const name = node(parseFilingId(id)?.node ?? '')?.name;
    return name === undefined ? null : { kind: 'filing', name, of: null };
  };

  /** By the word before the id, as the catalogue writes it. */
  const byKind = (kind: string, id: string): AuditObject | null => {
    const [first = '', ...rest] = id.split('/');
    if (kind === 'person') return person(id);
    if (kind === 'node' || kind === 'book' || kind === 'check') return node(first);
    if (kind === 'meter' || kind === 'virtual' || kind === 'statement' || kind === 'ceiling')
      return meter(id);
    if (kind === 'gateway') return gateway(id);
    if (kind === 'device') return credential(id);
    if (kind === 'filing') return filing(id);
    return kind === 'policy' ? item(first, rest.join('/')) : null;
  };

  return ({ action, target, before, after }) => {
    if (target === '' || NAMELESS.test(action)) return null;
    const [first = '', ...rest] = target.split('/');
    const id = rest.join('/');
    const found = id === '' ? null : byKind(first, id);
    if (found) return found;
    if (OF_PEOPLE.test(action)) return person(first);
    if (/^device\./.test(action)) return credential(id === '' ? first : id);
    if (/(^|\.)policy(\.|$)/.test(action)) return item(first, id);
    const asMeter = /(meters|readings|meter|statement|ceiling|virtual)/.test(action);
    const bare = asMeter ? meter(first) : (node(first) ?? filing(first) ?? meter(first));
    if (bare) return bare;
    // It is gone: what the row itself says of it tells nobody more than the row does.
    const name = nameIn(after) ?? nameIn(before);
    const kind = (['meter', 'gateway', 'node', 'person'] as const).find((k) => k === first);
    return name === null || kind === undefined ? null : { kind, name, of: null };
  };
}

/** What an item of the policy is called; where it has no name, whom or what it is of. */
function itemName(
  policy: Policy,
  kind: PolicyKind,
  id: string,
  node: (id: string) => string | null,
): Pick<AuditObject, 'name' | 'of'> {
  const quota = kind === 'quota' ? policy.get('quota', id) : undefined;
  if (quota) return { name: quota.standard, of: quota.metric };
  const target = kind === 'target' ? policy.get('target', id) : undefined;
  if (target) {
    const name = node(target.node);
    return { name, of: name === null ? null : target.indicator };
  }
  if (kind === 'institution') return { name: node(id), of: null };
  const body: object = policy.get(kind, id) ?? {};
  const at = textAt(body, 'node');
  const whose = at === null ? null : node(at);
  if (at !== null && whose === null) return { name: null, of: null };
  if (kind === 'scheme' || kind === 'billing_account') return { name: textAt(body, 'name'), of: null };
  return { name: kind === 'vehicle' ? textAt(body, 'plate') : whose, of: null };
}

/** The name in what a row holds as it was before or after. */
function nameIn(detail: string | null): string | null {
  if (detail === null) return null;
  try {
    const held: unknown = JSON.parse(detail);
    const value: unknown = isObject(held) && isObject(held.value) ? held.value : held;
    return isObject(value) ? textAt(value, 'name') : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function textAt(of: object, key: string): string | null {
  const value: unknown = Object.entries(of).find(([name]) => name === key)?.[1];
  return typeof value === 'string' && value !== '' ? value : null;
}
