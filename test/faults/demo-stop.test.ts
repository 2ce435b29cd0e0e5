import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { freePort } from '../support/port.ts';
import { until } from '../support/server.ts';

const root = new URL('../..', import.meta.url).pathname;

test('a demo whose gateways hear nothing is stopped all the same', async () => {
  const args = ['simulators/demo.ts', '--data', directory(), '--months', '2', '--no-build'];
  const demo = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, HTTP_PORT: '0', MQTT_PORT: String(await freePort()) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void demo.kill('SIGKILL'));
  let said = '';
  demo.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => demo.once('exit', resolve));
  await until(
    async () => said,
    (text) => text.includes('meters report to'),
    90_000,
  );
  const gateways = childrenOf(demo.pid as number);
  expect(gateways, said).toHaveLength(1);
  // As one that reckons on a machine that is busy with other things.
  process.kill(gateways[0] as number, 'SIGSTOP');
  demo.kill('SIGTERM');
  expect(await ended, said).toBe(0);
  expect(() => process.kill(gateways[0] as number, 0)).toThrow(/ESRCH/);
});

/** From the process table: the fourth field of `stat` is the parent, behind a name that may hold anything. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}
