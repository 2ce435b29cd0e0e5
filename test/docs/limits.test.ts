import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../server/config.ts';
import { PACKET_LIMIT_BYTES } from '../../server/domain/reading.ts';
import { HTTP_LIMITS } from '../../server/http/listen.ts';
import { BROKER_LIMITS } from '../../server/intake/broker.ts';
import { TOPIC_LIMIT } from '../../server/intake/decode.ts';
import { ELEMENT_LIMIT } from '../../server/intake/packet.ts';

const root = new URL('../..', import.meta.url).pathname;
const text = readFileSync(join(root, 'docs/limits.md'), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (what|fault) \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/limits.md', () => {
  test('names a test that exists for each bound', () => {
    expect(rows.length).toBeGreaterThan(35);
    for (const row of rows) {
      const tests = [...(row.at(-2) as string).matchAll(/`([^`]+)`/g)].map((m) => m[1] as string);
      expect(tests.length, row[1]).toBeGreaterThan(0);
      for (const file of tests) expect(existsSync(join(root, 'test', file)), file).toBe(true);
    }
  });

  test('names every test of a fault', () => {
    const faults = readdirSync(join(root, 'test/faults')).filter((name) => name.endsWith('.test.ts'));
    // Of a demo and of settings, which bound nothing.
    const others = new Set(['demo-stop.test.ts', 'bad-input.test.ts', 'store.test.ts']);
    for (const name of faults.filter((f) => !others.has(f))) expect(text).toContain(`faults/${name}`);
  });

  test.each([
    ['connections of the embedded broker', BROKER_LIMITS.connections],
    ['time for a CONNECT', BROKER_LIMITS.connectMs / 1000],
    ['subscriptions of a client', BROKER_LIMITS.subscriptions],
    ['a PUBLISH, before or after authentication', PACKET_LIMIT_BYTES / 1024],
    ['topic', TOPIC_LIMIT],
    ['readings in a packet', ELEMENT_LIMIT],
    ['journal', SETTINGS.shape.JOURNAL_MB.parse(undefined)],
    ['HTTP connections', HTTP_LIMITS.connections],
    ['time for the headers of a request', HTTP_LIMITS.headersMs / 1000],
    ['a body that stops coming', HTTP_LIMITS.bodyPauseMs / 1000],
  ])('%s: the number is the one in force', (what, bound) => {
    const row = rows.find((r) => r[1] === what) as string[];
    expect(row[2]).toContain(bound.toLocaleString('en-US'));
  });
});
