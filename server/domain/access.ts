/** Who may do what, and where in the tree. Pure: sessions, devices and the audit trail live in `access/`. */

/**
 * Roles that a person can hold on a node. The last three are the separated administrators (三员) of the national
 * scheme (GB/T 22239-2019): one runs the system, one gives rights, one reads what both did. None of them sees
 * figures, and nobody holds two of them.
 */
export const ROLES = [
  'viewer',
  'energy_manager',
  'metering_engineer',
  'supervisor',
  'system_admin',
  'security_admin',
  'audit_admin',
] as const;
export type Role = (typeof ROLES)[number];

export const ADMINISTRATORS: readonly Role[] = ['system_admin', 'security_admin', 'audit_admin'];

/** What a route can ask for. */
export const PERMISSIONS = [
  /** The tree, the names in it, and whether the system is well. */
  'tree',
  /** Figures and documents. */
  'read',
  /** The book, bills, explanations, plans; filing a month. */
  'manage',
  /** Meters and what is stated about them, quarantine, imports, the estate. */
  'meter',
  /** Targets, quotas, coefficients, deadlines; review and publication. */
  'supervise',
  /** Credentials of gateways and meters. */
  'devices',
  /** Running the system: operations, backup, verification. */
  'operate',
  /** Who there is, and what they may. */
  'people',
  /** Opening and closing accounts. */
  'accounts',
  /** Giving and taking roles. */
  'grants',
  /** Reading the audit trail. */
  'audit',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const PERMISSIONS_OF: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['tree', 'read'],
  energy_manager: ['tree', 'read', 'manage'],
  metering_engineer: ['tree', 'read', 'meter', 'devices'],
  supervisor: ['tree', 'read', 'manage', 'supervise'],
  system_admin: ['tree', 'operate', 'people', 'accounts'],
  security_admin: ['tree', 'people', 'grants', 'devices'],
  audit_admin: ['tree', 'people', 'audit'],
};

/** A role on a node and everything below it; node null: on everything, also what is added later. */
export interface Grant {
  role: Role;
  node: string | null;
}

/** Whoever a request comes from. */
export type Identity =
  /** Over the control socket, which only the owner of the data directory can open: may do everything. */
  | { kind: 'operator' }
  | {
      kind: 'person';
      id: string;
      /** What is written beside what the person enters. */
      name: string;
      /** Of the sign-in; a stream that lives on one ends with it. */
      session: string;
      grants: readonly Grant[];
      /** The password was given by somebody else, or is too old, and has to be changed before anything else. */
      mustChange: boolean;
      /** A second factor has to be set up before anything else. */
      mustEnrol?: boolean;
    };

/**
 * Where a permission is held: `all`, or the topmost nodes of the grants, each of which reaches down. Empty:
 * nowhere.
 */
export function reachOf(identity: Identity, permission: Permission): 'all' | readonly string[] {
  if (identity.kind === 'operator') return 'all';
  const nodes = new Set<string>();
  for (const { role, node } of identity.grants) {
    if (!PERMISSIONS_OF[role].includes(permission)) continue;
    if (node === null) return 'all';
    nodes.add(node);
  }
  return [...nodes];
}

/**
 * Why somebody with these roles cannot have this one too; null: nothing speaks against it. Of the three
 * administrators each person holds one at most, and only on everything.
 */
export function grantFault(held: readonly Grant[], wanted: Grant): string | null {
  if (!ADMINISTRATORS.includes(wanted.role)) return null;
  if (wanted.node !== null) return `${wanted.role} holds for everything, not for a node`;
  const other = held.find((g) => ADMINISTRATORS.includes(g.role) && g.role !== wanted.role);
  return other ? `${other.role} and ${wanted.role} are two persons` : null;
}

/** The name that somebody signs in with, in small letters. */
export const ACCOUNT_PATTERN = /^[a-z0-9][a-z0-9._-]{1,31}$/;
/** Characters of a password, of whatever kind. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;
