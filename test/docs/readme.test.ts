import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { buildProgram } from '../../server/cli/program.ts';
import { SETTINGS } from '../../server/config.ts';
import { CARRIERS, REGISTER_KINDS } from '../../server/domain/meter.ts';
import { REASONS } from '../../server/domain/reading.ts';
import { SETTINGS as SETTING_NAMES } from '../../server/domain/setting.ts';
import { decode } from '../../server/intake/decode.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { validateProfile } from '../../server/intake/profiles/schema.ts';
import { directory } from '../support/directory.ts';
import { estate, meter } from '../support/estate.ts';
import { startServer } from '../support/server.ts';

const root = new URL('../..', import.meta.url).pathname;
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const yaml = (of: string): string[] => [...of.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1] as string);
const readme = text('README.md');
const commands = text('docs/commands.md');
const settings = text('docs/settings.md');
const http = text('docs/http.md');
const [firstEstate] = yaml(readme) as [string];
const [estateBlock, profileBlock, policyBlock, deadlineBlock] = yaml(text('docs/estate.md')) as [
  string,
  string,
  string,
  string,
];

describe('README and docs', () => {
  test('names every script of package.json', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const name of Object.keys(scripts).filter((n) => n !== 'prestart')) {
      expect(commands).toContain(name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`);
    }
  });

  test('names every command and its options', () => {
    const io = {
      out: async () => {},
      err: () => {},
      terminal: false,
      stdin: (async function* () {})(),
      cwd: '/',
      environment: {},
    };
    const program = buildProgram(io, () => Promise.reject(new Error('not here')), '0');
    const leaves = (command: Command, path: string[]): void => {
      for (const sub of command.commands) leaves(sub, [...path, sub.name()]);
      if (command.commands.length > 0) return;
      expect(commands).toContain(path.join(' '));
      for (const option of command.options) {
        if (option.long !== '--version') expect(commands, path.join(' ')).toContain(option.long);
      }
    };
    leaves(program, []);
    expect(commands).toContain('--data DIR');
  });

  test('names every setting with its default', () => {
    for (const [name, schema] of Object.entries(SETTINGS.shape)) {
      expect(settings).toContain(`\`${name}\``);
      const fallback: unknown = schema.safeParse(undefined).data;
      if (fallback !== undefined) {
        const row = settings.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
        expect(row, name).toContain(String(fallback));
      }
    }
  });

  test('names every route', async () => {
    const server = await startServer(directory(), { MQTT_PORT: '0' });
    const document = (await (await server.fetch('/api/v1/openapi.json')).json()) as {
      paths: Record<string, object>;
    };
    await server.stop();
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.length).toBeGreaterThan(15);
    for (const route of routes) expect(http).toContain(`\`${route}\``);
  });

  test('names every reason of quarantine and kind of register', () => {
    for (const reason of REASONS) expect(readme).toContain(`\`${reason}\``);
    for (const kind of REGISTER_KINDS) {
      expect(readme).toContain(kind);
      expect(estateBlock).toContain(kind);
    }
    expect(CARRIERS).toContain('electricity');
  });

  test('the estate of the first meters can be applied, and grows into the whole example', () => {
    const catalogue = openCatalogue(join(directory(), 'catalogue.sqlite'), { validateProfile });
    expect(catalogue.applyEstate(firstEstate, 'test')).toMatchObject({ created: 4, updated: 0 });
    expect(catalogue.applyEstate(estateBlock, 'test')).toMatchObject({
      created: 0,
      updated: 2,
      unchanged: 1,
    });
    catalogue.close();
  });

  test('the example estate can be applied, and applied again without change', () => {
    const catalogue = openCatalogue(join(directory(), 'catalogue.sqlite'), { validateProfile });
    expect(catalogue.applyEstate(estateBlock, 'test')).toMatchObject({ created: 3, unchanged: 0 });
    expect(catalogue.applyEstate(estateBlock, 'test')).toMatchObject({ created: 0, updated: 0 });
    expect(catalogue.snapshot().meter('gov-main')?.epochs).toHaveLength(2);
    catalogue.close();
  });

  test('the policy file can be applied to that estate, its deadlines after it', () => {
    const catalogue = openCatalogue(join(directory(), 'catalogue.sqlite'), { validateProfile });
    catalogue.applyEstate(estateBlock, 'test');
    expect(catalogue.applyPolicy(policyBlock, 'test')).toEqual({ created: 2, updated: 0, unchanged: 0 });
    const deadlines = catalogue.applyPolicy(`version: 1\npolicy:\n${deadlineBlock}`, 'test');
    expect(deadlines).toEqual({ created: 1, updated: 0, unchanged: 0 });
    expect(catalogue.policy().setting(catalogue.snapshot(), 'gov', 'scheme')?.node).toBe('city');
    catalogue.close();
  });

  test('names every setting of the policy', () => {
    for (const name of SETTING_NAMES) expect(text('docs/estate.md')).toContain(`\`${name}\``);
  });

  test('the payload profile reads the message that it is for', () => {
    const { profiles } = parse(profileBlock) as { profiles: unknown[] };
    expect(profiles.flatMap(validateProfile)).toEqual([]);
    const of = estate([meter({ address: 'east/7' })]);
    const message = {
      batch: [{ device_id: 7, timestamp: 1_795_220_100, metrics: { energy: { total: 12.5 } } }],
    };
    const decoded = decode(
      { topic: 'plant/east/up', payload: Buffer.from(JSON.stringify(message)) },
      1_795_220_200_000,
      { estate: of, profiles: compileProfiles(profiles), now: 1_795_220_200_000 },
    );
    expect(decoded.rejects).toEqual([]);
    expect(decoded.readings).toEqual([{ meter: 1, time: 1_795_220_100_000, value: 12.5, flags: 0 }]);
  });

  test('pictures and links are there, and every document is named', () => {
    const documents = readdirSync(join(root, 'docs')).map((name) => `docs/${name}`);
    for (const file of documents) expect(readme).toContain(`](${file})`);
    for (const from of ['README.md', ...documents]) {
      const links = [...text(from).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)|src="([^"]+)"/g)];
      for (const link of links.map((m) => (m[1] ?? m[2]) as string)) {
        if (!link.startsWith('http'))
          expect(existsSync(join(root, dirname(from), link)), `${from}: ${link}`).toBe(true);
      }
    }
  });

  test('starts in English and in Chinese', () => {
    const screen = readme.split('\n').slice(0, 25).join('\n');
    expect(screen).toMatch(/公共机构节能监管/);
    expect(screen).toMatch(/Energy-conservation supervision/);
  });
});

test('the top level holds what convention puts there and nothing else', () => {
  const wanted = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'deploy',
    'docs',
    'package-lock.json',
    'package.json',
    'server',
    'simulators',
    'test',
    'tsconfig.json',
    'web',
  ];
  const found = readdirSync(root).filter(
    (name) => !name.startsWith('.') && !['node_modules', 'data'].includes(name),
  );
  expect(found.sort()).toEqual(wanted);
});
