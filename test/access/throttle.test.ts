import { describe, expect, test } from 'vitest';
import { Throttle } from '../../server/access/throttle.ts';

const S = 1000;
const START = Date.parse('2026-11-22T08:00:00Z');

function slowed(): { throttle: Throttle; pass(ms: number): void } {
  let now = START;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { throttle: new Throttle(() => now), pass };
}
const stranger = (account: string, address: string) => ({ account, address, known: null });

/** Tries until it is told to wait. @returns how many wrong attempts were looked at, and the wait then, ms */
function guess(throttle: Throttle, account: string, address: string): { looked: number; waitMs: number } {
  for (let looked = 0; ; looked++) {
    const admitted = throttle.admit(stranger(account, address));
    if ('waitMs' in admitted) return { looked, waitMs: admitted.waitMs };
    if (looked > 1000) throw new Error('nothing slows it');
  }
}

describe('wrong attempts', () => {
  test('on one account from one address wait twice as long each time, after three', () => {
    const { throttle, pass } = slowed();
    expect(guess(throttle, 'zhang', '10.0.0.1')).toEqual({ looked: 3, waitMs: 1 * S });
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      pass(waits.at(-1) ?? 1 * S);
      const { looked, waitMs } = guess(throttle, 'zhang', '10.0.0.1');
      expect(looked).toBe(1);
      waits.push(waitMs);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64].map((s) => s * S));
  });

  test('wait a quarter of an hour at most, and are forgotten an hour after the last', () => {
    const { throttle, pass } = slowed();
    let longest = 0;
    for (let i = 0; i < 40; i++) {
      const { waitMs } = guess(throttle, 'zhang', '10.0.0.1');
      longest = Math.max(longest, waitMs);
      pass(waitMs);
    }
    expect(longest).toBe(15 * 60 * S);
    pass(60 * 60 * S);
    expect(guess(throttle, 'zhang', '10.0.0.1').looked).toBe(3);
  });

  test('on ever other accounts from one address are as many as it has, whatever the accounts', () => {
    const { throttle } = slowed();
    const looked = Array.from({ length: 200 }, (_, i) => throttle.admit(stranger(`a${i}`, '10.0.0.1')));
    expect(looked.filter((a) => !('waitMs' in a))).toHaveLength(10);
  });

  test('many at once are counted before any of them is found to be wrong', () => {
    const { throttle } = slowed();
    const [one, two, three, four] = [1, 2, 3, 4].map(() => throttle.admit(stranger('zhang', '10.0.0.1')));
    expect([one, two, three].map((a) => a !== undefined && 'waitMs' in a)).toEqual([false, false, false]);
    expect(four).toEqual({ waitMs: 1 * S });
  });

  test('keep nobody out who is known, and a right one is no wrong one', () => {
    const { throttle } = slowed();
    // 50 addresses guess at one account until each of them is told to wait.
    for (let i = 0; i < 50; i++) guess(throttle, 'zhang', `10.0.1.${i}`);
    const known = { account: 'zhang', address: '10.0.2.1', known: 'browser x' };
    for (let i = 0; i < 100; i++) {
      const admitted = throttle.admit(known);
      if ('waitMs' in admitted) throw new Error('kept out');
      admitted.succeeded();
    }
    // Nor a browser that is known, behind an address that guesses.
    const beside = throttle.admit({ account: 'zhang', address: '10.0.1.1', known: 'browser y' });
    expect('waitMs' in beside).toBe(false);
  });

  test('of others leave three attempts to somebody who comes from a new address', () => {
    const { throttle } = slowed();
    for (let i = 0; i < 50; i++) guess(throttle, 'zhang', `10.0.1.${i}`);
    for (let i = 0; i < 3; i++) {
      expect('waitMs' in throttle.admit(stranger('zhang', '10.0.2.1'))).toBe(false);
    }
    // From the fourth on he shares the account's delay with everybody who guesses.
    const fourth = throttle.admit(stranger('zhang', '10.0.2.1'));
    expect(fourth).toEqual({ waitMs: 5 * 60 * S });
  });

  test('of a sign-in that succeeds are forgiven to it, not to its address', () => {
    const { throttle } = slowed();
    const right = (account: string): void => {
      const admitted = throttle.admit(stranger(account, '10.0.0.1'));
      if ('waitMs' in admitted) throw new Error(`${account} waits`);
      admitted.succeeded();
    };
    // Who has one account of his own does not buy attempts on others' by signing in to it.
    for (let i = 0; i < 9; i++) {
      expect('waitMs' in throttle.admit(stranger(`a${i}`, '10.0.0.1'))).toBe(false);
      right('own');
    }
    expect('waitMs' in throttle.admit(stranger('a9', '10.0.0.1'))).toBe(false);
    expect('waitMs' in throttle.admit(stranger('a10', '10.0.0.1'))).toBe(true);
  });

  test('from a hundred thousand addresses take no more memory than from ten thousand', () => {
    const { throttle } = slowed();
    for (let i = 0; i < 100_000; i++)
      throttle.admit(stranger(`a${i}`, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`));
    // 10,000 each of addresses, accounts and pairs.
    expect(throttle.size).toBeLessThanOrEqual(30_000);
    expect(guess(throttle, 'a99999', '10.1.134.159').looked).toBe(2);
  });
});
