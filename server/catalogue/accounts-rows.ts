import type { Grant } from '../domain/access.ts';
import type { Row } from './database.ts';

/** A person with everything that a sign-in is judged by; all times epoch ms. */
export interface StoredPerson {
  id: string;
  account: string;
  name: string;
  /** argon2id in PHC form. */
  password: string;
  passwordAt: number;
  mustChange: boolean;
  disabled: boolean;
  createdAt: number;
  signedInAt: number | null;
  /** Sealed secrets of the second factor: in force, and begun but not confirmed. */
  factor: string | null;
  factorBegun: string | null;
  factorStep: number;
  /** JSON */
  preferences: string;
  grants: readonly Grant[];
  /** Backup codes that are left. */
  codes: number;
}

export interface StoredSession {
  /** SHA-256 of the token, hex. */
  hash: string;
  id: string;
  person: string;
  /** `factor`: the password was right, the code is still to come. */
  stage: 'factor' | 'open';
  createdAt: number;
  seenAt: number;
  address: string;
  agent: string;
}

export interface StoredToken {
  hash: string;
  id: string;
  person: string;
  name: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

export interface StoredAccess {
  revision: number;
  people: StoredPerson[];
  sessions: StoredSession[];
  tokens: StoredToken[];
}

/** What stands in the table of persons itself. */
export type PersonColumns = Omit<StoredPerson, 'grants' | 'codes'>;

/** Their names there. */
export const PERSON_COLUMNS: Readonly<Record<keyof PersonColumns, string>> = {
  id: 'id',
  account: 'account',
  name: 'name',
  password: 'password',
  passwordAt: 'password_at',
  mustChange: 'must_change',
  disabled: 'disabled',
  createdAt: 'created_at',
  signedInAt: 'signed_in_at',
  factor: 'factor',
  factorBegun: 'factor_begun',
  factorStep: 'factor_step',
  preferences: 'preferences',
};

export function personOf(row: Row): PersonColumns {
  return {
    id: row.id as string,
    account: row.account as string,
    name: row.name as string,
    password: row.password as string,
    passwordAt: row.password_at as number,
    mustChange: row.must_change === 1,
    disabled: row.disabled === 1,
    createdAt: row.created_at as number,
    signedInAt: row.signed_in_at as number | null,
    factor: row.factor as string | null,
    factorBegun: row.factor_begun as string | null,
    factorStep: row.factor_step as number,
    preferences: row.preferences as string,
  };
}

export function sessionOf(row: Row): StoredSession {
  return {
    hash: row.hash as string,
    id: row.id as string,
    person: row.person as string,
    stage: row.stage as StoredSession['stage'],
    createdAt: row.created_at as number,
    seenAt: row.seen_at as number,
    address: row.address as string,
    agent: row.agent as string,
  };
}

export function tokenOf(row: Row): StoredToken {
  return {
    hash: row.hash as string,
    id: row.id as string,
    person: row.person as string,
    name: row.name as string,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number,
    usedAt: row.used_at as number | null,
  };
}
