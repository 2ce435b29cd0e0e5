import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Operations } from '../../server/http/schemas/operations.ts';
import { createLog, loggable } from '../../server/operations/log.ts';
import { StoreUnavailable } from '../../server/timeseries/port.ts';
import { directory } from '../support/directory.ts';
import { freePort } from '../support/port.ts';
import { startServer, until } from '../support/server.ts';

const SERVER = new URL('../../server', import.meta.url).pathname;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Lines as the program writes them. */
function lines(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const out: string[] = [];
  write(createLog('debug', { write: (line: string) => void out.push(line) }));
  return out.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('an error is type, message and stack, with its cause; whatever was thrown has that shape', () => {
  const cause = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  const [line, other] = lines((log) => {
    log.error({ err: new TypeError('it does not fit', { cause }), attempt: 2 }, 'test: failed');
    log.error({ err: 'only a text' }, 'test: failed');
  });
  expect(line).toMatchObject({
    level: 50,
    msg: 'test: failed',
    attempt: 2,
    err: {
      type: 'TypeError',
      message: 'it does not fit',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'Error', message: 'no such file', code: 'ENOENT' },
    },
  });
  expect(other?.err).toEqual({ type: 'string', message: 'only a text' });
});

test('that a store is away is told without the way through the program', () => {
  const [line] = lines((log) =>
    log.error({ err: new StoreUnavailable('InfluxDB does not answer', new Error('socket')) }, 'test: away'),
  );
  expect(line?.err).toEqual({ type: 'StoreUnavailable', message: 'InfluxDB does not answer' });
});

test('secrets are masked, by the name of a field, in an address and in a text', () => {
  const secret = 'h8Z!q@x';
  const [line] = lines((log) =>
    log.info(
      {
        settings: {
          MQTT_PASSWORD: secret,
          INFLUX_TOKEN: secret,
          INFLUX_DATABASE: 'jieneng',
          MQTT_USERNAME: null,
        },
        headers: {
          authorization: `Bearer ${secret}`,
          Cookie: `sid=${secret}`,
          'set-cookie': [secret],
          host: 'a',
        },
        broker: `mqtts://gateway:${secret}@broker:8883/path`,
        address: new URL(`http://user:${encodeURIComponent(secret)}@influx:8086`),
        why: `401 with Token ${secret}, password=${secret}&user=me, {"token":"${secret}"}`,
        err: new Error(`cannot reach https://me:${secret}@store/x: refused`),
        mail: 'a@b.cn',
      },
      'test: secrets',
    ),
  );
  expect(JSON.stringify(line)).not.toContain('h8Z');
  expect(line).toMatchObject({
    settings: { MQTT_PASSWORD: '***', INFLUX_TOKEN: '***', INFLUX_DATABASE: 'jieneng', MQTT_USERNAME: null },
    headers: { authorization: '***', Cookie: '***', 'set-cookie': '***', host: 'a' },
    broker: 'mqtts://***@broker:8883/path',
    address: 'http://***@influx:8086/',
    why: '401 with Token ***, password=***&user=me, {"token":"***"}',
    err: { message: 'cannot reach https://***@store/x: refused' },
    mail: 'a@b.cn',
  });
});

test('a line has a bound, whatever is in it', () => {
  const deep: Record<string, unknown> = {};
  let at = deep;
  for (let i = 0; i < 100; i++) at = at.more = {};
  const [line] = lines((log) =>
    log.warn(
      {
        text: 'x'.repeat(1_000_000),
        // As if every letter could begin an address.
        hard: `${'a.'.repeat(200_000)}://`,
        list: Array.from({ length: 10_000 }, (_, i) => `entry ${i}`),
        many: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`name${i}`, i])),
        bytes: Buffer.alloc(1_000_000),
        deep,
        err: Object.assign(new Error('y'.repeat(1_000_000)), { stack: 'z'.repeat(1_000_000) }),
        at: new Date(0),
        big: 2n ** 60n,
      },
      'test: large',
    ),
  );
  expect(JSON.stringify(line).length).toBeLessThan(15_000);
  expect(line).toMatchObject({
    bytes: '1000000 bytes',
    at: '1970-01-01T00:00:00.000Z',
    big: String(2n ** 60n),
  });
  const { list, text } = line as { list: string[]; text: string };
  expect(list.slice(-2)).toEqual(['entry 19', '… 9980 more']);
  expect(text.length).toBe(1000 + 1);
  expect(loggable({ a: undefined, n: Number.NaN })).toEqual({ a: undefined, n: Number.NaN });
});

test('what comes too often is left out, and how much that was is said', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const out = lines((log) => {
    for (let i = 0; i < 250; i++) log.warn({ i }, 'test: refused');
    log.error({}, 'test: another');
    for (let i = 0; i < 250; i++) log.debug({}, 'test: usual');
    vi.advanceTimersByTime(10_000);
    log.warn({}, 'test: refused');
  });
  const count = (msg: string): number => out.filter((line) => line.msg === msg).length;
  expect([count('test: refused'), count('test: another'), count('test: usual')]).toEqual([100 + 1, 1, 250]);
  expect(out.filter((line) => line.msg === 'log: lines left out')).toEqual([
    expect.objectContaining({ level: 40, of: 'test: refused', lines: 250 - 100 }),
  ]);
  expect(out.at(-1)?.msg).toBe('test: refused');
});

/** Every call of a logger in the sources: its place, its fields and its message. */
function calls(): {
  place: string;
  level: string;
  fields: ts.Expression;
  message: ts.Expression | undefined;
}[] {
  const out: ReturnType<typeof calls> = [];
  const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  for (const file of files) {
    const source = ts.createSourceFile(
      file,
      readFileSync(join(SERVER, file), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit);
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const { name, expression } = node.expression;
      if (!LEVELS.includes(name.text) || !/(^|[.#])log$/.test(expression.getText())) return;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const [fields, message] = node.arguments;
      if (fields) out.push({ place: `${file}:${line + 1}`, level: name.text, fields, message });
    };
    visit(source);
  }
  return out;
}

test('every line of the sources has a message of its own without values, and errors in `err`', () => {
  const found = calls();
  expect(found.length).toBeGreaterThan(40);
  const wrong = found.flatMap(({ place, fields, message }) => {
    const faults: string[] = [];
    if (!message || !ts.isStringLiteral(message)) faults.push('the message is no fixed text');
    // A room, or the program itself.
    else if (!/^([a-z]+: |jieneng )[^\n]+$/.test(message.text))
      faults.push(`"${message.text}" names no room`);
    if (ts.isObjectLiteralExpression(fields)) {
      const names = fields.properties.map((p) => p.name?.getText() ?? '');
      if (names.some((n) => ['error', 'e', 'cause', 'msg', 'message', 'level', 'time'].includes(n)))
        faults.push(`fields ${names.join()}: an error is in err`);
      const camel = names.filter((n) => /[A-Z]/.test(n));
      if (camel.length > 0) faults.push(`${camel.join()}: words are joined by _`);
    } else if (!ts.isIdentifier(fields)) faults.push('the fields are no object');
    return faults.map((fault) => `${place}: ${fault}`);
  });
  expect(wrong).toEqual([]);
});

test('the program writes no secret of its settings into its log or onto its pages', async () => {
  const secret = 'h8Z-geheim';
  const nobody = `127.0.0.1:${await freePort()}`;
  const server = await startServer(directory(), {
    MQTT_URL: `mqtt://gateway:${secret}@${nobody}`,
    INFLUX_URL: `http://me:${secret}@${nobody}`,
    INFLUX_TOKEN: secret,
    LOG_LEVEL: 'debug',
  });
  onTestFinished(() => server.kill());
  const pages: string[] = [];
  await until(
    async () => (await server.fetch('/api/v1/operations')).json() as Promise<Operations>,
    ({ alarms }) =>
      ['intake_unreached', 'timeseries_unreached'].every((c) => alarms.some((a) => a.code === c)),
  );
  for (const path of ['/api/v1/operations', '/api/v1/health', '/api/v1/health/ready', '/metrics']) {
    pages.push(await (await server.fetch(path)).text());
  }
  await server.stop();
  const written = server
    .log()
    .trim()
    .split('\n')
    // What a start says to the person in front of it goes to stderr.
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; msg: string });
  const messages = new Set(written.map(({ msg }) => msg));
  for (const message of ['jieneng is up', 'mqtt: connection to the broker failed', 'http: request']) {
    expect(messages).toContain(message);
  }
  expect(written.every(({ level }) => level >= 20)).toBe(true);
  expect([server.log(), ...pages].join('\n')).not.toContain(secret);
});
