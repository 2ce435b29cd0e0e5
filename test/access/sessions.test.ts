import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeAt } from '../../server/access/second-factor.ts';
import { forgetSignIns } from '../../server/catalogue/accounts.ts';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { behind } from '../catalogue/temporary-catalogue.ts';
import { fromBase32 } from '../http/access-requests.ts';
import { directory } from '../support/directory.ts';
import { OPERATOR } from './persons.ts';
import { accountsRig, CLIENT, code, DAY, HOUR, headersOf, MIN, PASSWORD, person } from './rig.ts';

describe('a sign-in', () => {
  test('ends half an hour after the last request, and twelve hours after it began in any case', async () => {
    const r = accountsRig();
    const { account } = await person(r);
    const signIn = async (): Promise<Headers> =>
      headersOf((await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null)).token);
    const idle = await signIn();
    r.pass(30 * MIN - 1);
    expect(r.accounts.identify(idle)).not.toBeNull();
    r.pass(30 * MIN - 1);
    expect(r.accounts.identify(idle)).not.toBeNull();
    r.pass(30 * MIN);
    expect(r.accounts.identify(idle)).toBeNull();

    const busy = await signIn();
    // 12 h in steps of 20 min: none of them is idle.
    for (let passed = 0; passed < 12 * HOUR - 20 * MIN; passed += 20 * MIN) {
      r.pass(20 * MIN);
      expect(r.accounts.identify(busy)).not.toBeNull();
    }
    r.pass(20 * MIN);
    expect(r.accounts.identify(busy)).toBeNull();
  });

  test('is not kept alive by what a page asks for by itself', async () => {
    const r = accountsRig();
    const { token } = await person(r);
    const own = new Headers({ cookie: `jieneng=${token}`, 'x-jieneng-background': '1' });
    r.pass(20 * MIN);
    expect(r.accounts.identify(own)).not.toBeNull();
    r.pass(10 * MIN);
    expect(r.accounts.identify(own)).toBeNull();
  });

  test('that ran out is swept, and whoever lives on it is told', async () => {
    const r = accountsRig();
    const { id, token } = await person(r);
    const { id: session } = r.accounts.sessionOf(headersOf(token));
    const revoked: string[] = [];
    r.accounts.onRevoked((sessions) => revoked.push(...sessions));
    r.pass(30 * MIN);
    r.accounts.tick();
    expect(revoked).toEqual([session]);
    expect(r.accounts.sessionsOf(id)).toEqual([]);
    expect(r.catalogue.accounts.read().sessions).toEqual([]);
  });

  test('is nowhere in the store as it was given', async () => {
    const r = accountsRig();
    const { id, token } = await person(r);
    const read = JSON.stringify(r.catalogue.accounts.read());
    expect(read).not.toContain(token);
    expect(read).not.toContain(PASSWORD);
    const [{ password } = { password: '' }] = r.catalogue.accounts.read().people;
    expect(password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(r.accounts.sessionsOf(id)).toHaveLength(1);
  });

  test('has a new token each time, and the old one of the browser ends', async () => {
    const r = accountsRig();
    const { account, token } = await person(r);
    const before = r.accounts.sessionOf(headersOf(token));
    const after = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, before);
    expect(after.token).not.toBe(token);
    expect(r.accounts.identify(headersOf(token))).toBeNull();
    expect(r.accounts.identify(headersOf(after.token))).toMatchObject({ kind: 'person', name: '张伟' });
  });

  test('is one of twenty: one more ends the oldest', async () => {
    const r = accountsRig();
    const { id, account, token } = await person(r);
    for (let i = 0; i < 20; i++) {
      r.pass(1000);
      await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    }
    expect(r.accounts.sessionsOf(id)).toHaveLength(20);
    expect(r.accounts.identify(headersOf(token))).toBeNull();
  });

  test('stays after the process ended, and was last used when it was used', async () => {
    const r = accountsRig();
    const { token } = await person(r);
    r.pass(25 * MIN);
    expect(r.accounts.identify(headersOf(token))).not.toBeNull();
    r.accounts.close();
    const next = r.other();
    r.pass(25 * MIN);
    expect(next.identify(headersOf(token))).not.toBeNull();
  });

  test('with a password that was changed elsewhere is over everywhere but there', async () => {
    const r = accountsRig();
    const { account, token } = await person(r);
    const other = await r.accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
    const session = r.accounts.sessionOf(headersOf(token));
    const change = { current: PASSWORD, new: 'rot-9-pilze-im-wald' };
    const renewed = await r.accounts.own.changePassword(session, change, CLIENT);
    const holds = [token, other.token, renewed].map((t) => r.accounts.identify(headersOf(t)) !== null);
    expect(holds).toEqual([false, false, true]);
  });
});

describe('two processes on one catalogue', () => {
  test('both end a sign-in that is ended in one of them, and streams on it', async () => {
    const r = accountsRig();
    const { id, token } = await person(r);
    const other = r.other();
    const { id: session } = other.sessionOf(headersOf(token));
    const revoked: string[] = [];
    other.onRevoked((sessions) => revoked.push(...sessions));
    expect(other.identify(headersOf(token))).not.toBeNull();
    r.accounts.sessions.end(r.accounts.sessionsOf(id));
    other.tick();
    expect(other.identify(headersOf(token))).toBeNull();
    expect(revoked).toEqual([session]);
  });

  test('both know of new grants, and of an account that was closed', async () => {
    const r = accountsRig();
    const { id, token } = await person(r);
    const other = r.other();
    r.accounts.people.setGrants(id, [{ role: 'viewer', node: 'gov' }], OPERATOR);
    other.tick();
    expect(other.identify(headersOf(token))).toMatchObject({ grants: [{ role: 'viewer', node: 'gov' }] });
    r.accounts.people.change(id, { disabled: true });
    other.tick();
    expect(other.identify(headersOf(token))).toBeNull();
    expect(await code(() => other.signIn.byPassword('zhang.wei', PASSWORD, CLIENT, null))).toBe('wrong');
  });

  test('neither ends as idle what is used at the other', async () => {
    const r = accountsRig();
    const { token } = await person(r);
    const other = r.other();
    for (let i = 0; i < 4; i++) {
      r.pass(20 * MIN);
      expect(r.accounts.identify(headersOf(token))).not.toBeNull();
      // Written down now and then, at the latest here.
      r.accounts.tick();
      other.tick();
    }
    expect(other.identify(headersOf(token))).not.toBeNull();
  });

  test('take a code of the second factor once between them', async () => {
    const r = accountsRig();
    const { account, token, id } = await person(r);
    const session = r.accounts.sessionOf(headersOf(token));
    const { secret } = await r.accounts.own.beginFactor(session, PASSWORD);
    const bytes = fromBase32(secret);
    r.accounts.own.confirmFactor(session, codeAt(bytes, r.now()));
    const other = r.other();
    r.pass(MIN);
    const given = codeAt(bytes, r.now());
    const pending = async (of: typeof other) => {
      const { token } = await of.signIn.byPassword(account, PASSWORD, CLIENT, null);
      return of.standing(headersOf(token)).session;
    };
    const [one, two] = [await pending(r.accounts), await pending(other)];
    if (!one || !two) throw new Error('no code is asked for');
    expect(await code(() => r.accounts.signIn.byCode(one, given, CLIENT))).toBe('done');
    expect(await code(() => other.signIn.byCode(two, given, CLIENT))).toBe('wrong');
    expect(r.accounts.sessionsOf(id).filter((s) => s.stage === 'open').length).toBeGreaterThan(0);
  });
});

test('a copy of the catalogue signs nobody in', async () => {
  const r = accountsRig();
  await person(r);
  const place = `${r.at}/catalogue.sqlite`;
  const hash = behind(place, (sql) => sql('SELECT hash FROM session')) as string;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(r.accounts.identify(headersOf(hash))).toBeNull();
});

test('a stream that lives on a token ends with it, by its time or because it was taken back', async () => {
  const r = accountsRig();
  const { id } = await person(r);
  r.accounts.people.setGrants(id, [{ role: 'viewer', node: null }], OPERATOR);
  const { token: one } = r.accounts.own.addToken(id, 'one', 1);
  const { token: two } = r.accounts.own.addToken(id, 'two', 2);
  const revoked: string[] = [];
  r.accounts.onRevoked((sessions) => revoked.push(...[...sessions].filter((s) => s.startsWith('t-'))));
  r.pass(DAY);
  r.accounts.tick();
  expect(revoked).toEqual([one.id]);
  r.accounts.own.endToken(id, two.id);
  expect(revoked).toEqual([one.id, two.id]);
});

test('a backup that is put back signs nobody in, and everybody can', async () => {
  const r = accountsRig();
  const { account, token } = await person(r);
  const copy = join(directory(), 'copy.sqlite');
  r.catalogue.backupTo(copy);
  forgetSignIns(copy);
  const restored = openCatalogue(copy);
  onTestFinished(() => restored.close());
  const accounts = r.other({ store: restored.accounts });
  expect(accounts.identify(headersOf(token))).toBeNull();
  const { token: next } = await accounts.signIn.byPassword(account, PASSWORD, CLIENT, null);
  expect(accounts.identify(headersOf(next))).not.toBeNull();
});
