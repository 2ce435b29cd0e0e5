import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Fleet, gateway, pour, serverWith } from '../faults/support.ts';
import { directory } from '../support/directory.ts';
import { signedInAt } from '../support/person.ts';

/** Seconds of each part: before the attack, and during it. */
const ATTACK_S = Number(process.env.ATTACK_S ?? 0);
const ADDRESSES = 50;
const A_MINUTE = 1000;

interface Answered {
  status: number;
  ms: number;
}

/** Signs in from one of the machine's own addresses. */
function signIn(url: string, localAddress: string, account: string, password: string): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        localAddress,
        method: 'POST',
        path: '/api/v1/session',
        headers: { 'content-type': 'application/json' },
        agent: false,
      },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, ms: performance.now() - started });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify({ account, password }));
  });
}

test.skipIf(ATTACK_S === 0)(
  `${A_MINUTE} wrong sign-ins a minute from ${ADDRESSES} addresses keep nobody out, and intake goes on`,
  async () => {
    const fleet = new Fleet();
    const server = await serverWith(directory(), fleet);
    await signedInAt(server, 'zhang');
    const password = 'quite-long-and-odd';
    const load = pour(fleet, await gateway(server), 200);
    const rate = async (): Promise<number> => {
      const before = fleet.count;
      const started = performance.now();
      await wait(ATTACK_S * 1000);
      return ((fleet.count - before) * 1000) / (performance.now() - started);
    };
    // The server has to grow warm first.
    await wait(5000);
    const quiet = await rate();

    const under = rate();
    const end = performance.now() + ATTACK_S * 1000;
    const guesses: Promise<Answered>[] = [];
    const own: Promise<Answered>[] = [];
    const guessing = (async () => {
      const started = performance.now();
      for (let i = 0; performance.now() < end; i++) {
        // By the clock, so that a busy machine is not attacked more gently.
        await wait(Math.max(0, started + (i * 60_000) / A_MINUTE - performance.now()));
        const from = `127.0.1.${1 + (i % ADDRESSES)}`;
        // Every second one at the account that somebody uses.
        guesses.push(signIn(server.url, from, i % 2 === 0 ? 'zhang' : `name${i}`, `guess ${i}`));
      }
    })();
    const working = (async () => {
      while (performance.now() < end) {
        own.push(signIn(server.url, '127.0.0.1', 'zhang', password));
        await wait(3000);
      }
    })();
    await Promise.all([guessing, working]);
    const attacked = await under;
    await load.end();
    const counted = Object.groupBy(await Promise.all(guesses), (g) => g.status);
    const mine = await Promise.all(own);
    const longest = Math.round(Math.max(...mine.map((a) => a.ms)));
    const shown = Object.entries(counted).map(([status, of]) => `${of?.length} × ${status}`);
    console.info(
      `guesses: ${shown.join(', ')}; own: ${mine.length} sign-ins, longest ${longest} ms; ` +
        `intake ${Math.round(quiet)}/s before, ${Math.round(attacked)}/s during`,
    );
    expect(mine.map((a) => a.status)).toEqual(mine.map(() => 200));
    expect(Object.keys(counted).every((status) => ['401', '429', '503'].includes(status))).toBe(true);
    expect(counted['429']?.length ?? 0).toBeGreaterThan(guesses.length / 3);
    expect(attacked).toBeGreaterThan(quiet / 2);
    await server.stop();
  },
  (2 * ATTACK_S + 180) * 1000,
);
