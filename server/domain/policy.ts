import type { BillingAccount, Vehicle } from './book.ts';
import { BUILTIN_DEADLINES } from './builtin-deadlines.ts';
import { BUILTIN_FACTORS } from './builtin-factors.ts';
import { BUILTIN_LIMITS } from './builtin-limits.ts';
import { BUILTIN_QUOTAS } from './builtin-quotas.ts';
import { BUILTIN_SCHEMES } from './builtin-schemes.ts';
import { BUILTIN_SETTINGS } from './builtin-settings.ts';
import type { Evidence } from './compliance.ts';
import type { Deadline } from './deadline.ts';
import type { Estate } from './estate.ts';
import type { Explanation } from './explanation.ts';
import type { InstitutionRecord } from './institution-record.ts';
import type { Limit } from './limit.ts';
import type { ReferencePrice } from './price.ts';
import type { Quota } from './quota.ts';
import type { EmissionFactor, Scheme } from './scheme.ts';
import { type Setting, type SettingName, type SettingOf, settingAt } from './setting.ts';
import type { Plan, Target } from './target.ts';

/**
 * What people decide that is not the tree: coefficient schemes, emission factors, settings, quotas, targets
 * and what belongs to them. A new kind is a line in each of the three tables of this file, and its shape in
 * `catalogue/policy-kinds/`.
 */
export interface PolicyBodies {
  scheme: Scheme;
  factor: EmissionFactor;
  setting: Setting;
  quota: Quota;
  explanation: Explanation;
  target: Target;
  plan: Plan;
  deadline: Deadline;
  limit: Limit;
  price: ReferencePrice;
  evidence: Evidence;
  institution: InstitutionRecord;
  billing_account: BillingAccount;
  vehicle: Vehicle;
}
export type PolicyKind = keyof PolicyBodies;

export const POLICY_KINDS = [
  'scheme',
  'factor',
  'setting',
  'quota',
  'explanation',
  'target',
  'plan',
  'deadline',
  'limit',
  'price',
  'evidence',
  'institution',
  'billing_account',
  'vehicle',
] as const satisfies readonly PolicyKind[];

/** What the program ships, each number with its source. An own item of the same id takes its place. */
const BUILTIN: { readonly [K in PolicyKind]: readonly PolicyBodies[K][] } = {
  scheme: BUILTIN_SCHEMES,
  factor: BUILTIN_FACTORS,
  setting: BUILTIN_SETTINGS,
  quota: BUILTIN_QUOTAS,
  explanation: [],
  target: [],
  plan: [],
  deadline: BUILTIN_DEADLINES,
  limit: BUILTIN_LIMITS,
  price: [],
  evidence: [],
  institution: [],
  billing_account: [],
  vehicle: [],
};

/** One item of a kind. */
export interface PolicyItem<K extends PolicyKind = PolicyKind> {
  kind: K;
  id: string;
  body: PolicyBodies[K];
  origin: 'builtin' | 'own';
  /** Of an own item: one that was shipped stands behind it and comes back when it is dropped. */
  replaces: boolean;
}

/** An immutable view of all of it: what is shipped, with the own items in their places. */
export class Policy {
  readonly #items = new Map<PolicyKind, Map<string, PolicyItem>>();

  constructor(own: readonly { kind: PolicyKind; body: PolicyBodies[PolicyKind] }[] = []) {
    for (const kind of POLICY_KINDS) {
      const shipped = BUILTIN[kind].map(
        (body): PolicyItem => ({ kind, id: body.id, body, origin: 'builtin', replaces: false }),
      );
      this.#items.set(kind, new Map(shipped.map((item) => [item.id, item])));
    }
    for (const { kind, body } of own) {
      const items = this.#items.get(kind) as Map<string, PolicyItem>;
      items.set(body.id, { kind, id: body.id, body, origin: 'own', replaces: items.has(body.id) });
    }
  }

  /** Shipped ones first, in their order; an own one that replaces a shipped one in its place. */
  items<K extends PolicyKind>(kind: K): PolicyItem<K>[] {
    return [...(this.#items.get(kind)?.values() ?? [])] as PolicyItem<K>[];
  }

  item<K extends PolicyKind>(kind: K, id: string): PolicyItem<K> | undefined {
    return this.#items.get(kind)?.get(id) as PolicyItem<K> | undefined;
  }

  list<K extends PolicyKind>(kind: K): PolicyBodies[K][] {
    return this.items(kind).map((item) => item.body);
  }

  get<K extends PolicyKind>(kind: K, id: string): PolicyBodies[K] | undefined {
    return this.item(kind, id)?.body;
  }

  /** The setting that holds at a node; see `settingAt`. */
  setting(estate: Estate, node: string, name: SettingName): SettingOf | null {
    return settingAt(estate, node, name, (id) => this.get('setting', id));
  }
}
