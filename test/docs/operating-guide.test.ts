import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { HEADS_FILE } from '../../server/access/audit-heads.ts';
import { buildProgram } from '../../server/cli/program.ts';
import { SETTINGS } from '../../server/config.ts';
import { socketPath } from '../../server/lock.ts';

const root = new URL('../..', import.meta.url).pathname;
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const GUIDES = ['docs/operating-guide.md', 'docs/security.md'];
const guide = text('docs/operating-guide.md');
const unit = text('deploy/jieneng.service');
const image = text('deploy/Containerfile');
const settings = new Set<string>(Object.keys(SETTINGS.shape));
const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };

/** `path → long options` of every command. */
function commands(): Map<string, string[]> {
  const io = {
    out: async () => {},
    err: () => {},
    terminal: false,
    stdin: (async function* () {})(),
    cwd: '/',
    environment: {},
  };
  const found = new Map<string, string[]>();
  const visit = (command: Command, path: string[]): void => {
    found.set(
      path.join(' '),
      command.options.map(({ long }) => long ?? ''),
    );
    for (const sub of command.commands) visit(sub, [...path, sub.name()]);
  };
  visit(
    buildProgram(io, () => Promise.reject(new Error('not here')), '0'),
    [],
  );
  return found;
}

/** Of a line such as `backup verify DIR --x`: the command that it names, and its options. */
function named(line: string, known: Map<string, string[]>): { command: string; options: string[] } {
  const words = line.trim().split(/\s+/);
  let command = '';
  for (const word of words) {
    const longer = command === '' ? word : `${command} ${word}`;
    if (!known.has(longer)) break;
    command = longer;
  }
  return { command, options: words.filter((word) => word.startsWith('--')) };
}

describe('the operating guide', () => {
  const known = commands();
  const lines = [
    ...guide.matchAll(/(?:npm run -s jieneng --|node server\/cli\/main\.ts)((?: [\w./<>-]+)+)/g),
  ].map((m) => (m[1] as string).replace(/^ --data \S+/, ''));

  test('names commands and options that there are', () => {
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const { command, options } = named(line, known);
      expect.soft(command, line).not.toBe('');
      for (const option of options) expect.soft(known.get(command), line).toContain(option);
    }
    for (const [, script] of guide.matchAll(/npm run (?!-s)([\w-]+)/g))
      expect.soft(scripts).toHaveProperty(script as string);
  });

  test.each(GUIDES)('%s names settings, files and routes that there are', (file) => {
    const content = text(file);
    const words = [...content.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(
      (m) => m[1] as string,
    );
    expect(words.length).toBeGreaterThan(0);
    for (const word of words) expect.soft(settings.has(word), word).toBe(true);
    const links = [...content.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((m) => m[1] as string);
    for (const link of links) expect.soft(existsSync(join(root, dirname(file), link)), link).toBe(true);
    const anchors = [...content.matchAll(/\]\(#([^)]+)\)/g)].map((m) => m[1] as string);
    const heads = [...content.matchAll(/^## (.*)$/gm)].map((m) =>
      (m[1] as string).toLowerCase().replaceAll(' ', '-'),
    );
    for (const anchor of anchors) expect.soft(heads, anchor).toContain(anchor);
    for (const [, path] of content.matchAll(/`((?:server|test|deploy)\/[\w./-]+)`/g)) {
      expect.soft(existsSync(join(root, path as string)), path).toBe(true);
    }
    const rules = text('server/access/rules.ts');
    for (const [, route] of content.matchAll(/`((?:GET|PUT|POST|DELETE) \/api\/v1[^`?]*)/g)) {
      expect.soft(rules, route).toContain(`'${route}'`);
    }
  });

  test('tells how every setting that is a secret is changed', () => {
    const secrets = [...settings].filter((name) => /PASSWORD$|TOKEN$|KEY$|_URL$/.test(name));
    expect(secrets.length).toBeGreaterThan(5);
    const table = guide.slice(guide.indexOf('## Every secret'), guide.indexOf('## Upgrading'));
    // Addresses that hold no secret by themselves: it is a setting of its own.
    const plain = new Set(['MQTT_URL', 'INFLUX_URL']);
    for (const name of secrets.filter((n) => !plain.has(n)))
      expect.soft(table, name).toContain(`\`${name}\``.slice(0, -1));
  });

  test('knows the files of the data directory', () => {
    expect(guide).toContain('second-factor.key');
    expect(text('server/compose.ts')).toContain("'second-factor.key'");
    expect(text('server/DECISIONS.md')).toContain(`\`${HEADS_FILE}\``);
  });
});

describe('the systemd unit', () => {
  const value = (name: string): string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((m) => m[1] as string);

  test('starts what npm start starts, from where the guide installs it', () => {
    const [start = ''] = value('ExecStart');
    expect(start).toBe(`/opt/jieneng/node_modules/.bin/${scripts.start}`);
    expect(value('WorkingDirectory')).toEqual(['/opt/jieneng']);
    for (const [path] of scripts.start?.matchAll(/(\.\/)?server\/[\w./-]+/g) ?? []) {
      expect(existsSync(join(root, path)), path).toBe(true);
    }
    for (const [, name] of unit.matchAll(/^Environment=([A-Z_]+)=/gm)) {
      expect(name === 'NODE_ENV' || settings.has(name as string), name).toBe(true);
    }
    expect(guide).toContain('/etc/jieneng/environment');
    expect(value('EnvironmentFile')).toEqual(['-/etc/jieneng/environment']);
    expect(value('StateDirectory')).toEqual(['jieneng']);
    expect(unit).toContain('JIENENG_DATA=/var/lib/jieneng');
    expect(text('server/main.ts')).toContain("'SIGHUP'");
  });

  test('gives the program nothing that it does not need', () => {
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'CapabilityBoundingSet=',
      'LimitCORE=0',
    ]) {
      expect(unit.split('\n')).toContain(line);
    }
    expect(value('User')).toEqual(['jieneng']);
    expect(Number(value('LimitNOFILE')[0])).toBeGreaterThan(10_000);
  });
});

describe('the container file', () => {
  test('copies what there is and starts what npm start starts, not as root', () => {
    for (const [, from] of image.matchAll(/^COPY (?!--from)(\S+) \.\//gm)) {
      expect(existsSync(join(root, from as string)), from).toBe(true);
    }
    for (const [, path] of image.matchAll(/^COPY --from=build \/opt\/jieneng\/(\S+) /gm)) {
      if (path === 'node_modules' || path === 'web/dist') continue;
      expect(existsSync(join(root, path as string)), path).toBe(true);
    }
    const [, start] = image.match(/^CMD (\[.*\])$/m) ?? [];
    expect((JSON.parse(start as string) as string[]).join(' ')).toBe(scripts.start);
    expect(image.match(/^USER (.*)$/m)?.[1]).toBe('jieneng');
    const [, environment = ''] = image.match(/^ENV (.*)$/m) ?? [];
    for (const [, name] of environment.matchAll(/([A-Z_]+)=/g)) {
      expect(name === 'NODE_ENV' || settings.has(name as string), name).toBe(true);
    }
    expect(image).toMatch(/^VOLUME \/data$/m);
    expect(environment).toContain('JIENENG_DATA=/data');
  });

  test('its own check asks the control socket', () => {
    expect(socketPath('/data')).toBe('/data/control.sock');
    expect(image).toContain("'/control.sock'");
    expect(text('server/access/rules.ts')).toContain("'GET /api/v1/health/live': { needs: 'anyone'");
  });

  test('what the server imports is what is copied', () => {
    const outside: string[] = [];
    const walk = (path: string): void => {
      for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
        const below = join(path, entry.name);
        if (entry.isDirectory()) walk(below);
        else if (entry.name.endsWith('.ts')) {
          for (const [, to] of text(below).matchAll(/from '(\.[^']+)'/g)) {
            if (!join(dirname(below), to as string).startsWith('server/')) outside.push(`${below}: ${to}`);
          }
        }
      }
    };
    walk('server');
    expect(outside).toEqual([]);
  });
});
