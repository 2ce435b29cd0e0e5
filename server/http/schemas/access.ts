/** Accounts, sign-ins and what a person may do. */
import { z } from '@hono/zod-openapi';
import { ACCOUNT_PATTERN, PERMISSIONS, ROLES } from '../../domain/access.ts';
import { instant } from './common.ts';

/** Where a sign-in stands; all but `signed_in` keep everything else closed. */
export const SESSION_STATES = [
  /** There are no accounts yet: only the set-up link leads on. */
  'setup',
  'signed_out',
  /** The password was right; a code is asked for. */
  'second_factor',
  /** The password was given by somebody else, or is too old. */
  'must_change',
  /** This role must have a second factor and has none yet. */
  'must_enrol',
  'signed_in',
] as const;

/** The name that somebody signs in with. */
export const account = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    ACCOUNT_PATTERN,
    'must be 2 to 32 small letters, digits, ., - or _, a letter or digit at the beginning',
  )
  .openapi({ example: 'zhang.wei' });
/** What stands beside what a person enters. */
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  // It is printed to terminals.
  .regex(/^\P{Cc}*$/u, 'must have no control characters')
  .openapi({ example: '张伟' });
/** As it was typed; what a new one must be is told by the answer, with a code. */
export const password = z.string().min(1).max(512);
/** Six digits of an app, or one of the backup codes. */
export const code = z.string().trim().min(6).max(40);
export const personId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be the id of a person')
  .openapi({ param: { name: 'id', in: 'path' }, example: 'p-4Hq0c2Zf' });

export const RoleName = z.enum(ROLES);
export const PermissionName = z.enum(PERMISSIONS);

export const GrantGiven = z.object({
  role: RoleName,
  /** Null: on everything. */
  node: z.string().min(1).max(64).nullable(),
});
export const GrantShown = GrantGiven.extend({
  /** Null for everything, and for a node that is not there any more. */
  node_name: z.string().nullable(),
}).openapi('Grant', { description: 'A role on a node and everything below it' });

export const Preferences = z
  .object({
    /** 长者模式: large type, high contrast, simple pages. */
    elder: z.boolean(),
    language: z.enum(['zh', 'en']).optional(),
    theme: z.enum(['light', 'dark', 'system']).optional(),
  })
  .openapi('Preferences');

export const DemoUser = z
  .object({ user: z.string(), name: z.string(), role: RoleName, node_name: z.string().nullable() })
  .openapi('DemoUser', { description: 'Somebody of the demonstration, signed in with one click' });

export const Session = z
  .object({
    state: z.enum(SESSION_STATES),
    /** From `second_factor` on nobody is named before the code was right: null until then. */
    person: z.object({ id: z.string(), account: z.string(), name: z.string() }).nullable(),
    grants: z.array(GrantShown),
    /** What the grants add up to; `nodes` null: on everything, else the topmost nodes where it is held. */
    permissions: z.array(z.object({ permission: PermissionName, nodes: z.array(z.string()).nullable() })),
    preferences: Preferences,
    second_factor: z
      .object({
        enrolled: z.boolean(),
        required: z.boolean(),
        /** Backup codes that were not used yet. */
        codes_left: z.number().int(),
      })
      .nullable(),
    /** When it ends without another request, and when it ends in any case. */
    idle_until: instant.nullable(),
    until: instant.nullable(),
    /** Whether requests come over TLS; where not, the page says that the password can be read on its way. */
    encrypted: z.boolean(),
    /** Only in the demonstration. */
    demo: z.array(DemoUser).nullable(),
  })
  .openapi('Session', { description: 'Who asks, and what they may' });

export const SignIn = z.object({ account: z.string().trim().min(1).max(100), password });
export const SecondFactorGiven = z.object({ code });
export const PasswordChange = z.object({ current: password, new: password });
export const PasswordAgain = z.object({ password });
export const FactorBegun = z
  .object({
    /** otpauth://totp/…, for the QR code. */
    uri: z.string(),
    /** The same as text to type in, base 32. */
    secret: z.string(),
  })
  .openapi('FactorBegun');
export const BackupCodes = z
  .object({ codes: z.array(z.string()) })
  .openapi('BackupCodes', { description: 'Shown this once; each works once' });

export const OwnSession = z
  .object({
    id: z.string(),
    /** The one that asks. */
    current: z.boolean(),
    since: instant,
    last: instant,
    /** Address; empty where it is not known. */
    from: z.string(),
    /** What the browser calls itself. */
    agent: z.string(),
    until: instant,
  })
  .openapi('OwnSession');
export const OwnSessions = z.object({ sessions: z.array(OwnSession) }).openapi('OwnSessions');

export const Person = z
  .object({
    id: z.string(),
    account: z.string(),
    name: z.string(),
    disabled: z.boolean(),
    /** Has a one-time password that was not changed yet. */
    must_change: z.boolean(),
    second_factor: z.boolean(),
    created_at: instant,
    password_at: instant,
    /** Of the last sign-in; null: never. */
    signed_in_at: instant.nullable(),
    /** Sign-ins that are open. */
    sessions: z.number().int(),
    grants: z.array(GrantShown),
  })
  .openapi('Person');
export const People = z.object({ people: z.array(Person) }).openapi('People');
export const PersonNew = z.object({ account, name: personName });
export const PersonChange = z.object({ name: personName.optional(), disabled: z.boolean().optional() });
export const OneTimePassword = z
  .object({ person: Person, one_time_password: z.string() })
  .openapi('OneTimePassword', { description: 'Shown this once; to be changed at the first sign-in' });
export const Grants = z.object({ grants: z.array(GrantGiven).max(200) });

const Administrator = z.object({ account, name: personName, password: password.optional() });
export const Setup = z.object({
  /** What stands behind `#` in the set-up link. */
  token: z.string().min(1).max(100),
  /** Exactly one of the three has a password: that of the person who holds the link. */
  administrators: z.object({ system: Administrator, security: Administrator, audit: Administrator }),
});
const SetUpAdministrator = z.object({
  account: z.string(),
  name: z.string(),
  /** Shown this once; null for the one who chose a password. */
  one_time_password: z.string().nullable(),
});
export const SetupDone = z
  .object({
    administrators: z.object({
      system: SetUpAdministrator,
      security: SetUpAdministrator,
      audit: SetUpAdministrator,
    }),
  })
  .openapi('SetupDone');
export const SetupLink = z
  .object({ path: z.string(), until: instant })
  .openapi('SetupLink', { description: 'Where the set-up is, behind the address of the server' });

export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at: instant,
    expires_at: instant,
    /** Null: never used. */
    used_at: instant.nullable(),
  })
  .openapi('Token', { description: 'Lets a script read what its owner may read' });
export const Tokens = z.object({ tokens: z.array(Token) }).openapi('Tokens');
export const TokenNew = z.object({
  name: z.string().trim().min(1).max(60),
  /** Days that it is valid. */
  days: z.number().int().min(1).max(365),
  /** The own one, again: a token outlives the sign-in. Only in the demonstration it is left out. */
  password: password.optional(),
});
export const TokenMade = z
  .object({ token: Token, secret: z.string() })
  .openapi('TokenMade', { description: 'The secret is shown this once' });

export type Session = z.infer<typeof Session>;
export type OwnSession = z.infer<typeof OwnSession>;
export type OwnSessions = z.infer<typeof OwnSessions>;
export type Person = z.infer<typeof Person>;
export type People = z.infer<typeof People>;
export type OneTimePassword = z.infer<typeof OneTimePassword>;
export type GrantShown = z.infer<typeof GrantShown>;
export type Preferences = z.infer<typeof Preferences>;
export type FactorBegun = z.infer<typeof FactorBegun>;
export type BackupCodes = z.infer<typeof BackupCodes>;
export type SetupDone = z.infer<typeof SetupDone>;
export type SetupLink = z.infer<typeof SetupLink>;
export type Token = z.infer<typeof Token>;
export type Tokens = z.infer<typeof Tokens>;
export type TokenMade = z.infer<typeof TokenMade>;
