import { PASSWORD_MAX, PASSWORD_MIN } from '../../../../server/domain/access.ts';

/** The name of the system in Chinese. */
const NAME = '\u8282\u80fd';

/** What a new password must be, in the order in which it is told. */
export const RULES = ['length', 'name', 'common', 'used', 'same'] as const;
export type PasswordRule = (typeof RULES)[number];

/**
 * What can be told while typing; null: the server tells, when it is saved.
 * @param names of the account and the person
 */
export function checkPassword(
  password: string,
  again: string,
  names: readonly string[],
): Record<PasswordRule, boolean | null> {
  const letters = [...password.normalize('NFKC')];
  const text = letters.join('').toLowerCase();
  const forbidden = ['jieneng', NAME, ...names.map((n) => n.normalize('NFKC').toLowerCase())];
  return {
    length: letters.length >= PASSWORD_MIN && letters.length <= PASSWORD_MAX,
    name: password !== '' && !forbidden.some((n) => n.length >= 2 && text.includes(n)),
    common: /^(.{1,6}?)\1+.{0,5}$/su.test(text) ? false : null,
    used: null,
    same: again !== '' && password === again,
  };
}
