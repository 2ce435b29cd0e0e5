import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AccessError } from '../../server/access/errors.ts';
import { oneTimePassword, Passwords, passwordFault } from '../../server/access/passwords.ts';
import { base32, codeAt, otpauth, Seal, stepOfCode } from '../../server/access/second-factor.ts';
import { networkOf } from '../../server/access/sign-in.ts';
import { fromBase32 } from '../http/access-requests.ts';
import { directory } from '../support/directory.ts';
import { type AccountsRig, accountsRig, CLIENT, DAY, headersOf, MIN, PASSWORD, person } from './rig.ts';

/** The code of what is refused. */
async function refused(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AccessError) return error.reason ?? error.code;
    throw error;
  }
  throw new Error('it was done');
}

describe('a new password', () => {
  test.each([
    ['elf-zeichen', 'too_short'],
    ['x'.repeat(129), 'too_long'],
    // In the list as it stands.
    ['1234567890qwerty', 'common'],
    // Two of the list in a row, a run, and a few characters again and again.
    ['Password1234', 'common'],
    ['abcdefghijkl', 'common'],
    ['abcabcabcabcabc', 'common'],
    ['zhang.wei-2026-sommer', 'has_name'],
    ['张伟的一个很长的好密码哦', 'has_name'],
    ['Jieneng-im-Winter-4', 'has_name'],
    ['我们一起节能减排降耗吧朋友', 'has_name'],
  ])('%s: %s', async (password, code) => {
    expect((await passwordFault(password, ['zhang.wei', '张伟']))?.code).toBe(code);
  });

  test.each([
    PASSWORD,
    'Zwölf Zeichen',
    '一只蓝色的鸟飞过了三座桥',
    'correct horse battery',
    oneTimePassword(),
  ])('%s will do, of whatever characters it is', async (password) => {
    expect(await passwordFault(password, ['zhang.wei', '张伟'])).toBeNull();
  });

  test('is none of the last five, and the sixth before it may come again', async () => {
    const r = accountsRig();
    let { token } = await person(r);
    const change = async (from: string, to: string): Promise<void> => {
      const session = r.accounts.sessionOf(headersOf(token));
      token = await r.accounts.own.changePassword(session, { current: from, new: to }, CLIENT);
      r.pass(MIN);
    };
    const nth = (i: number): string => `${PASSWORD}-${i}`;
    await change(PASSWORD, nth(1));
    for (let i = 1; i < 5; i++) await change(nth(i), nth(i + 1));
    // In force: 5. Before it, the newest first: 4, 3, 2, 1 and the first of all.
    for (const again of [nth(5), nth(1), PASSWORD]) {
      expect(await refused(() => change(nth(5), again))).toBe('used_before');
    }
    await change(nth(5), nth(6));
    await change(nth(6), PASSWORD);
  });

  test('needs the old one, and a wrong old one is slowed', async () => {
    const r = accountsRig();
    const { token } = await person(r);
    const session = r.accounts.sessionOf(headersOf(token));
    const wrong = { current: 'not the password', new: 'rot-9-pilze-im-wald' };
    const tries: string[] = [];
    for (let i = 0; i < 6; i++)
      tries.push(await refused(() => r.accounts.own.changePassword(session, wrong, CLIENT)));
    expect(tries).toEqual([...Array<string>(5).fill('wrong'), 'slow']);
  });
});

describe('signing in', () => {
  test('with a password for once leads to a change and nowhere else; a week later to nothing', async () => {
    const r = accountsRig();
    const { person: made, password } = await r.accounts.people.add('li.si', '李四');
    expect(password).toMatch(/^([a-z2-9]{4}-){3}[a-z2-9]{4}$/);
    const { token } = await r.accounts.signIn.byPassword(' LI.SI ', password, CLIENT, null);
    expect(r.accounts.standing(headersOf(token)).state).toBe('must_change');
    expect(r.accounts.identify(headersOf(token))).toMatchObject({ id: made.id, mustChange: true });
    r.pass(7 * DAY + 1);
    expect(await refused(() => r.accounts.signIn.byPassword('li.si', password, CLIENT, null))).toBe('wrong');
  });

  test('with a password that is too old leads to a change', async () => {
    const r = accountsRig({}, { passwordMs: 90 * DAY });
    const { account } = await person(r);
    r.pass(90 * DAY);
    const state = async (): Promise<string> => {
      const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
      return r.accounts.standing(headersOf(token)).state;
    };
    expect(await state()).toBe('signed_in');
    r.pass(1);
    expect(await state()).toBe('must_change');
  });

  test('tells nobody whether it was the name or the password', async () => {
    const r = accountsRig();
    const { account, id } = await person(r);
    const told = async (name: string, password: string): Promise<string> => {
      const client = { ...CLIENT, address: `10.9.9.${r.now() % 200}` };
      r.pass(1);
      try {
        await r.accounts.signIn.byPassword(name, password, client, null);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('signed in');
    };
    const wrong = await told(account, 'not the password');
    expect(await told('nobody', 'not the password')).toBe(wrong);
    r.accounts.people.change(id, { disabled: true });
    expect(await told(account, PASSWORD)).toBe(wrong);
  });

  test('goes on for whoever was here before while others guess at the account from elsewhere', async () => {
    const r = accountsRig();
    const { account } = await person(r);
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 12; i++) {
      for (let n = 0; n < 4; n++) {
        const client = { ...CLIENT, address: `172.16.0.${i}` };
        const code = await refused(() => r.accounts.signIn.byPassword(account, `guess ${n}`, client, null));
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      }
    }
    // Three of each are looked at, the fourth is not.
    expect(Object.fromEntries(outcomes)).toEqual({ wrong: 12 * 3, slow: 12 });
    const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    expect(r.accounts.identify(headersOf(token))).not.toBeNull();
  });

  test('a browser that was used is known by its cookie where its address is another one', async () => {
    const r = accountsRig();
    const { account } = await person(r);
    const { browser } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    // The new address guesses until it has to wait, for this account and any other.
    const away = { ...CLIENT, address: '192.0.2.7' };
    for (let i = 0; i < 20; i++) await refused(() => r.accounts.signIn.byPassword(`a${i}`, 'x', away, null));
    expect(await refused(() => r.accounts.signIn.byPassword(account, PASSWORD, away, null))).toBe('slow');
    // A cookie of somebody else's browser is none.
    const { account: other } = await person(r, 'wang');
    const { browser: foreign } = await r.accounts.signIn.byPassword(other, PASSWORD, CLIENT, null);
    const stranger = { ...away, browser: foreign };
    expect(await refused(() => r.accounts.signIn.byPassword(account, PASSWORD, stranger, null))).toBe('slow');
    const own = await r.accounts.signIn.byPassword(account, PASSWORD, { ...away, browser }, null);
    expect(r.accounts.identify(headersOf(own.token))).not.toBeNull();
  });

  test('waits in a queue that has an end', async () => {
    const passwords = new Passwords();
    const many = Array.from({ length: 200 }, () => passwords.matches(null, 'x', 'stranger'));
    const done = await Promise.allSettled(many);
    const refusals = done.filter((d) => d.status === 'rejected').length;
    // At least one is under way and 64 wait; how many are under way depends on the processors.
    expect(refusals).toBeGreaterThanOrEqual(200 - 64 - 2);
    expect(refusals).toBeLessThanOrEqual(200 - 64 - 1);
    expect(done.every((d) => d.status === 'rejected' || d.value === false)).toBe(true);
  });
});

describe('the second factor', () => {
  test('has the codes of RFC 6238, appendix B', () => {
    const secret = new TextEncoder().encode('12345678901234567890');
    // The last six of the eight digits that stand there.
    const vectors: [number, string][] = [
      [59, '287082'],
      [1111111109, '081804'],
      [1111111111, '050471'],
      [1234567890, '005924'],
      [2000000000, '279037'],
      [20000000000, '353130'],
    ];
    for (const [s, code] of vectors) expect(codeAt(secret, s * 1000)).toBe(code);
    expect(base32(new TextEncoder().encode('foobar'))).toBe('MZXW6YTBOI');
    expect(otpauth(secret, 'zhang.wei', 'jieneng')).toBe(
      'otpauth://totp/jieneng:zhang.wei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=jieneng&digits=6',
    );
  });

  test('takes a code half a minute early or late, once', () => {
    const secret = new TextEncoder().encode('12345678901234567890');
    const at = 1_234_567_890_000;
    const step = Math.floor(at / 30_000);
    const code = codeAt(secret, at);
    for (const off of [-30_000, 0, 30_000]) expect(stepOfCode(secret, code, at + off, 0)).toBe(step);
    for (const off of [-60_000, 60_000]) expect(stepOfCode(secret, code, at + off, 0)).toBeNull();
    expect(stepOfCode(secret, code, at, step)).toBeNull();
  });

  async function withFactor(
    r: AccountsRig,
  ): Promise<{ account: string; secret: Uint8Array; codes: string[]; token: string }> {
    const { account, token } = await person(r);
    const session = r.accounts.sessionOf(headersOf(token));
    const begun = await r.accounts.own.beginFactor(session, PASSWORD);
    const secret = fromBase32(begun.secret);
    expect(await refused(() => r.accounts.own.confirmFactor(session, '000000'))).toBe('wrong');
    const codes = r.accounts.own.confirmFactor(session, codeAt(secret, r.now()));
    r.pass(MIN);
    return { account, secret, codes, token };
  }
  const begin = async (r: AccountsRig, account: string) => {
    const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    const { session, state, person } = r.accounts.standing(headersOf(token));
    expect([state, person]).toEqual(['second_factor', null]);
    expect(r.accounts.identify(headersOf(token))).toBeNull();
    if (!session) throw new Error('no session');
    return session;
  };

  test('stands between the password and everything else', async () => {
    const r = accountsRig();
    const { account, secret, codes } = await withFactor(r);
    const pending = await begin(r, account);
    const code = codeAt(secret, r.now());
    const { token } = r.accounts.signIn.byCode(pending, code, CLIENT);
    expect(r.accounts.identify(headersOf(token))).toMatchObject({ kind: 'person' });
    // The same code again, and a backup code twice.
    const next = await begin(r, account);
    expect(await refused(() => r.accounts.signIn.byCode(next, code, CLIENT))).toBe('wrong');
    const [backup = ''] = codes;
    r.accounts.signIn.byCode(next, backup.toUpperCase(), CLIENT);
    const last = await begin(r, account);
    expect(await refused(() => r.accounts.signIn.byCode(last, backup, CLIENT))).toBe('wrong');
    expect(r.accounts.people.list()[0]?.codes).toBe(9);
  });

  test('is asked for within five minutes, and guesses at it are slowed', async () => {
    const r = accountsRig();
    const { account, secret } = await withFactor(r);
    const pending = await begin(r, account);
    const tries: string[] = [];
    for (let i = 0; i < 7; i++)
      tries.push(await refused(() => r.accounts.signIn.byCode(pending, `00000${i}`, CLIENT)));
    expect(tries.filter((t) => t === 'wrong')).toHaveLength(5);
    expect(tries.at(-1)).toBe('slow');
    r.pass(5 * MIN);
    const { token } = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    r.pass(5 * MIN);
    expect(r.accounts.standing(headersOf(token)).state).toBe('signed_out');
    const late = await begin(r, account);
    r.accounts.signIn.byCode(late, codeAt(secret, r.now()), CLIENT);
  });

  test('that administrators must have is all that they can do without it', async () => {
    const r = accountsRig({}, { secondFactor: 'admins' });
    const { id, token } = await person(r);
    expect(r.accounts.standing(headersOf(token)).state).toBe('signed_in');
    r.accounts.people.setGrants(id, [{ role: 'audit_admin', node: null }], { kind: 'operator' });
    expect(r.accounts.standing(headersOf(token)).state).toBe('must_enrol');
    expect(r.accounts.identify(headersOf(token))).toMatchObject({ mustEnrol: true });
    const session = r.accounts.sessionOf(headersOf(token));
    const { secret } = await r.accounts.own.beginFactor(session, PASSWORD);
    r.accounts.own.confirmFactor(session, codeAt(fromBase32(secret), r.now()));
    expect(r.accounts.standing(headersOf(token)).state).toBe('signed_in');
    expect(await refused(() => r.accounts.own.removeFactor(session, PASSWORD))).toBe('factor_required');
  });

  test('is sealed: with another key only backup codes and an administrator help', async () => {
    const r = accountsRig();
    const { account, secret, codes, token } = await withFactor(r);
    const file = join(r.at, 'second-factor.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [stored] = r.catalogue.accounts.read().people;
    const hex = Buffer.from(stored?.factor ?? '', 'base64').toString('hex');
    expect(hex).not.toContain(Buffer.from(secret).toString('hex'));
    rmSync(file);
    const next = r.other();
    expect(existsSync(file)).toBe(true);
    const signedIn = await next.signIn.byPassword(account, PASSWORD, CLIENT, null);
    const pending = next.standing(headersOf(signedIn.token)).session;
    if (!pending) throw new Error('no session');
    const code = codeAt(secret, r.now());
    expect(await refused(() => next.signIn.byCode(pending, code, CLIENT))).toBe('factor_key');
    next.signIn.byCode(pending, codes[1] ?? '', CLIENT);
    await next.own.removeFactor(next.sessionOf(headersOf(token)), PASSWORD);
    const plain = await next.signIn.byPassword(account, PASSWORD, CLIENT, null);
    expect(next.standing(headersOf(plain.token)).state).toBe('signed_in');
  });

  test('of one person does not open as that of another', () => {
    const seal = new Seal(join(directory(), 'key'));
    const closed = seal.close(new Uint8Array([1, 2, 3]), 'p-one');
    expect(seal.open(closed, 'p-one')).toEqual(Buffer.from([1, 2, 3]));
    expect(seal.open(closed, 'p-two')).toBeNull();
  });
});

describe('a token for scripts', () => {
  test('reads where its owner may read, and ends with its time, its owner and when it is taken back', async () => {
    const r = accountsRig();
    const { id } = await person(r);
    const { own, people } = r.accounts;
    expect(await refused(() => own.addToken(id, 'script', 30))).toBe('no_read');
    people.setGrants(id, [{ role: 'energy_manager', node: 'gov' }], { kind: 'operator' });
    const { token, secret } = own.addToken(id, 'script', 30);
    const bearer = new Headers({ authorization: `Bearer ${secret}` });
    const identity = { kind: 'person', id, grants: [{ role: 'viewer', node: 'gov' }] };
    expect(r.accounts.identify(bearer)).toMatchObject(identity);
    expect(JSON.stringify(r.catalogue.accounts.read())).not.toContain(secret);
    r.pass(30 * DAY - 1);
    expect(r.accounts.identify(bearer)).toMatchObject(identity);
    r.pass(1);
    expect(r.accounts.identify(bearer)).toBeNull();
    const second = own.addToken(id, 'other', 1);
    const other = new Headers({ authorization: `Bearer ${second.secret}` });
    people.change(id, { disabled: true });
    expect(r.accounts.identify(other)).toBeNull();
    people.change(id, { disabled: false });
    expect(r.accounts.identify(other)).toBeNull();
    const third = own.addToken(id, 'third', 1);
    const last = new Headers({ authorization: `Bearer ${third.secret}` });
    expect(r.accounts.identify(last)).not.toBeNull();
    own.endToken(id, third.token.id);
    expect(r.accounts.identify(last)).toBeNull();
    expect(await refused(() => own.endToken('p-other', token.id))).toBe('not_found');
  });

  test('is one of twenty', async () => {
    const r = accountsRig();
    const { id } = await person(r);
    r.accounts.people.setGrants(id, [{ role: 'viewer', node: null }], { kind: 'operator' });
    for (let i = 0; i < 20; i++) r.accounts.own.addToken(id, `t${i}`, 1);
    expect(await refused(() => r.accounts.own.addToken(id, 'one more', 1))).toBe('limit');
    r.pass(DAY);
    r.accounts.own.addToken(id, 'in the place of one that ran out', 1);
  });

  test('for the metrics opens nothing else', () => {
    const { accounts } = accountsRig({ metricsToken: 'sixteen letters!' });
    const header = (token: string): Headers => new Headers({ authorization: `Bearer ${token}` });
    expect(accounts.mayReadMetrics(new Headers({ authorization: 'Bearer sixteen' }))).toBe(false);
    expect(accounts.mayReadMetrics(header('other'))).toBe(false);
    expect(accounts.identify(header('sixteen letters!'))).toBeNull();
  });
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('%s is slowed as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
