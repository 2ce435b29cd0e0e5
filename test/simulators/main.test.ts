import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { demoEstate } from '../../simulators/estate.ts';
import { TestBroker, until } from './broker.ts';

const MAIN = new URL('../../simulators/main.ts', import.meta.url).pathname;

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (out.stdout += data));
  child.stderr.on('data', (data) => (out.stderr += data));
  const done = new Promise<number | null>((resolve) => child.on('close', resolve));
  const finished = async () => ({ code: await done, ...out });
  return { child, out, finished };
}

const run = (...args: string[]) => start(...args).finished();

describe('npm run simulate', () => {
  it.each([
    [['--help'], 0, 'replay-estate'],
    [['live', '--help'], 0, '--faults'],
    [['estate', '--format', 'json'], 0, 'gov-main'],
    [['history', '--from', '2026-03-01', '--to', '2026-03-01'], 0, 'gov-main,2026-03-01T00:00:00+08:00,'],
  ])('%j exits with %i', async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stdout).toContain(text);
    expect(result.stderr).toBe('');
  });

  it.each([
    [['fly'], 2, "unknown command 'fly'"],
    [['live', '--every', '0'], 2, 'must be a whole number from 1'],
    [['history', '--from', 'soon'], 2, '--from: "soon" is not a time'],
    [['replay', '--file', 'x.csv', '--map', 'a'], 2, 'expected column=meter'],
    [['replay', '--file', 'x.csv', '--timezone', 'Mars'], 2, 'must be a time zone'],
    [['replay-estate', '--file', 'x.csv'], 2, '--map'],
    [['history', '--to', '2020-01-01'], 1, '2024-01-01'],
    [['live', '--estate', '/nowhere.yaml'], 1, 'ENOENT'],
  ])('%j exits with %i and says why', async (args, code, text) => {
    const result = await run(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(text);
    expect(result.stdout).toBe('');
  });

  it('writes the estate file that it knows', async () => {
    const { stdout } = await run('estate');
    expect(parse(stdout)).toEqual(demoEstate());
  });

  describe('with a broker', () => {
    let broker: TestBroker;
    beforeEach(async () => {
      broker = new TestBroker();
      await broker.start();
    });
    afterEach(async () => {
      await broker.stop();
    });

    it('stops cleanly on SIGTERM and says what it sent', async () => {
      const { child, finished } = start('live', '--url', broker.url, '--every', '1');
      await until(() => broker.received.length > 5, 'readings');
      child.kill('SIGTERM');
      const { code, stderr } = await finished();
      expect(code).toBe(0);
      const [, sent, acked] = /(\d+) readings sent, (\d+) acknowledged, 0 not delivered/.exec(stderr) ?? [];
      expect(Number(sent)).toBeGreaterThanOrEqual(119);
      expect(acked).toBe(sent);
    });
  });
});
