/** Why something with accounts is not done, as a word for programs. */
export const ACCESS_CODES = [
  /** Name and password do not belong together, or the code is wrong. */
  'wrong',
  /** Too many wrong attempts; `waitMs` tells how long. */
  'slow',
  'busy',
  'signed_out',
  'not_found',
  'taken',
  'password',
  'set_up',
  'bad_link',
  'last_administrator',
  'yourself',
  'administrator',
  'grant',
  'factor_required',
  'factor_missing',
  'factor_there',
  'factor_key',
  'limit',
  'no_read',
] as const;
export type AccessCode = (typeof ACCESS_CODES)[number];

/** Something that is not done, and why. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly code: AccessCode;
  /** The field at fault; empty: none. */
  readonly path: string;
  readonly waitMs: number;
  /** A closer word, such as which rule a password breaks. */
  readonly reason: string | undefined;

  constructor(
    code: AccessCode,
    message: string,
    more: { path?: string; waitMs?: number; reason?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.path = more.path ?? '';
    this.waitMs = more.waitMs ?? 0;
    this.reason = more.reason;
  }
}
