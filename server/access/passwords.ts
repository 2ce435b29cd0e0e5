import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { PASSWORD_MAX, PASSWORD_MIN } from '../domain/access.ts';

/** argon2id as OWASP asks for at least: 19 MiB, two passes, one lane; the algorithm is the library's default. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** How many are under way at a time: intake keeps a core. */
const AT_A_TIME = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));
/** How many wait, of those who are known here and of all others. */
const WAITING = 64;

/** Too many sign-ins wait already. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy';
}

/** Hashes and compares passwords, a few at a time; whoever is known goes before strangers. */
export class Passwords {
  readonly #waiting: Record<'known' | 'stranger', (() => void)[]> = { known: [], stranger: [] };
  #running = 0;
  /** Of no password: what an unknown account is compared with, so that it takes as long as a known one. */
  #nobody: Promise<string> | null = null;

  /** @throws PasswordsBusy */
  hash(password: string): Promise<string> {
    return this.#inTurn('known', () => hash(normal(password), COST));
  }

  /**
   * @param stored null: of an unknown account; the answer is false and takes as long
   * @throws PasswordsBusy
   */
  async matches(stored: string | null, password: string, who: 'known' | 'stranger'): Promise<boolean> {
    this.#nobody ??= hash(crypto.randomUUID(), COST);
    const against = stored ?? (await this.#nobody);
    const right = await this.#inTurn(who, () => verify(against, normal(password)));
    return stored !== null && right;
  }

  async #inTurn<T>(who: 'known' | 'stranger', work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_A_TIME) {
      const queue = this.#waiting[who];
      if (queue.length >= WAITING) throw new PasswordsBusy('too many sign-ins at once');
      await new Promise<void>((go) => queue.push(go));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.known.shift() ?? this.#waiting.stranger.shift();
      // Its place goes to the next one.
      if (next) next();
      else this.#running--;
    }
  }
}

/** The same letters however the keyboard composed them. */
function normal(password: string): string {
  return password.normalize('NFKC');
}

/** What is wrong with a new password, for programs and for people. */
export interface PasswordFault {
  code: 'too_short' | 'too_long' | 'has_name' | 'common' | 'used_before';
  message: string;
}

let common: Promise<ReadonlySet<string>> | null = null;

/** The 49,000 passwords that are tried first; read when the first password is set. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  common ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  );
  return common;
}

/** @param names of the account and the person. @returns null: it will do, as far as its letters go */
export async function passwordFault(
  password: string,
  names: readonly string[],
): Promise<PasswordFault | null> {
  const letters = [...normal(password)];
  if (letters.length < PASSWORD_MIN)
    return { code: 'too_short', message: `must have at least ${PASSWORD_MIN} characters` };
  if (letters.length > PASSWORD_MAX)
    return { code: 'too_long', message: `can have at most ${PASSWORD_MAX} characters` };
  const text = letters.join('').toLowerCase();
  const forbidden = ['jieneng', '节能', ...names.map((n) => normal(n).toLowerCase())];
  const found = forbidden.find((n) => n.length >= 2 && text.includes(n));
  if (found !== undefined) return { code: 'has_name', message: `must not contain ${JSON.stringify(found)}` };
  if (isGuessed(text, await commonPasswords()))
    return { code: 'common', message: 'is among the first that would be tried' };
  return null;
}

/** Whether it is a common password, two of them in a row, or a few characters again and again. */
function isGuessed(text: string, known: ReadonlySet<string>): boolean {
  if (known.has(text) || /^(.{1,6}?)\1+.{0,5}$/su.test(text) || isRun(text)) return true;
  for (let at = 2; at <= text.length - 2; at++) {
    const [head, tail] = [text.slice(0, at), text.slice(at)];
    if ((known.has(head) || isRun(head)) && (known.has(tail) || isRun(tail))) return true;
  }
  return false;
}

/** `1234`, `fedcba`, `aaaa`: each character one step from the one before, or the same. */
function isRun(text: string): boolean {
  const step = text.charCodeAt(1) - text.charCodeAt(0);
  if (Math.abs(step) > 1) return false;
  for (let i = 2; i < text.length; i++) {
    if (text.charCodeAt(i) - text.charCodeAt(i - 1) !== step) return false;
  }
  return true;
}

/** Letters and digits that are not mistaken for others when read from a slip of paper. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A password for once, 16 letters and digits in groups: 78 bits. */
export function oneTimePassword(): string {
  const letters: string[] = [];
  while (letters.length < 16) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // Every letter is as likely as the next one.
      if (byte < 8 * ALPHABET.length && letters.length < 16)
        letters.push(ALPHABET[byte % ALPHABET.length] as string);
    }
  }
  return letters.join('').replaceAll(/(.{4})(?=.)/g, '$1-');
}
