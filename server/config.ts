import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { addressOf } from './catalogue/postgres/address.ts';
import { proxyList } from './http/address.ts';
import { PARTS_LIMIT, parsePart } from './intake/part.ts';

const port = (what: string, fallback: number) =>
  z.coerce
    .number({ error: `${what} must be a port number, 0 to 65535` })
    .int(`${what} must be a whole number`)
    .min(0, `${what} must be 0 to 65535`)
    .max(65_535, `${what} must be 0 to 65535`)
    .default(fallback);

const wholeNumber = (what: string, least: number, most: number) =>
  z.coerce
    .number({ error: `must be a number of ${what}` })
    .int(`must be a whole number of ${what}`)
    .min(least, `must be at least ${least} ${what}`)
    .max(most, `must be at most ${most} ${what}`);

const url = (what: string, protocols: readonly string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), {
      error: `must be the address of ${what}, one of ${protocols.map((p) => `${p}://…`).join(', ')}`,
    })
    .optional();

const yesOrNo = (fallback: boolean) =>
  z
    .union([z.boolean(), z.enum(['true', 'false'])], { error: 'must be true or false' })
    .transform((value) => value === true || value === 'true')
    .default(fallback);

/** Every setting there is; the same names in the environment and in the settings file. */
export const SETTINGS = z.strictObject({
  JIENENG_DATA: z.string().min(1).default('./data'),
  HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  HTTP_PORT: port('HTTP_PORT', 3000),
  MQTT_HOST: z.string().min(1).default('127.0.0.1'),
  MQTT_PORT: port('MQTT_PORT', 1883),
  MQTT_ANONYMOUS: yesOrNo(false),
  TLS_CERT: z.string().min(1).optional(),
  TLS_KEY: z.string().min(1).optional(),
  MQTTS_PORT: port('MQTTS_PORT', 8883),
  MQTT_PLAIN: yesOrNo(false),
  MQTT_CLIENT_CA: z.string().min(1).optional(),
  MQTT_CLIENT_CERT: z.enum(['optional', 'required']).default('optional'),
  MQTT_URL: url('an MQTT broker', ['mqtt', 'mqtts', 'ws', 'wss']),
  MQTT_CLIENT_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, ., - or _')
    .default('jieneng'),
  MQTT_USERNAME: z.string().min(1).optional(),
  MQTT_PASSWORD: z.string().min(1).optional(),
  MQTT_PASSWORD_FILE: z.string().min(1).optional(),
  MQTT_CA: z.string().min(1).optional(),
  MQTT_CERT: z.string().min(1).optional(),
  MQTT_KEY: z.string().min(1).optional(),
  INTAKE_PART: z
    .string()
    .refine(
      (text) => parsePart(text) !== null,
      `must be N/M, part N of M, at most ${PARTS_LIMIT}, such as 2/3`,
    )
    .optional(),
  JOURNAL_MB: z.coerce
    .number({ error: 'must be a number of megabytes' })
    .int('must be a whole number of megabytes')
    .min(4, 'must be at least 4 megabytes')
    .default(8192),
  DATABASE_URL: z
    .string()
    .superRefine((text, { addIssue }) => {
      try {
        addressOf(text);
      } catch (error) {
        // Its words do not repeat the address, which may hold a password.
        addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .optional(),
  INFLUX_URL: url('an InfluxDB server', ['http', 'https']),
  INFLUX_TOKEN: z.string().min(1).optional(),
  INFLUX_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .default('jieneng'),
  AUDIT_MONTHS: z.coerce
    .number({ error: 'must be a number of months' })
    .int('must be a whole number of months')
    .min(6, 'must be at least 6 months, by law')
    .max(1200, 'must be at most 1200 months')
    .default(24),
  RATE_LIMIT: z.coerce
    .number({ error: 'must be a number of requests a minute' })
    .int('must be a whole number of requests a minute')
    .refine((n) => n === 0 || (n >= 300 && n <= 1_000_000), 'must be 0 or 300 to 1000000')
    .default(6000),
  SECURITY_CONTACT: z
    .string()
    .max(300)
    .regex(/^(mailto:|https:\/\/|tel:)[^\s]+$/, 'must begin with mailto:, https:// or tel:')
    .optional(),
  SESSION_IDLE_MIN: wholeNumber('minutes', 5, 24 * 60).default(30),
  SESSION_HOURS: wholeNumber('hours', 1, 24 * 30).default(12),
  PASSWORD_DAYS: wholeNumber('days', 0, 3650).default(0),
  SECOND_FACTOR: z.enum(['optional', 'admins', 'all']).default('optional'),
  TRUSTED_PROXY: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ''))
    .superRefine((entries, { addIssue }) => {
      try {
        proxyList(entries);
      } catch (error) {
        addIssue({ code: 'custom', message: (error as Error).message });
      }
    })
    .default([]),
  METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  METRICS_TOKEN_FILE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});

export type Settings = z.infer<typeof SETTINGS>;
export const SETTINGS_FILE = 'settings.yaml';

/** Everything that is wrong with the settings, each with the place where it stands. */
export class SettingsError extends Error {
  readonly errors: string[];

  constructor(errors: string[]) {
    super(errors.join('\n'));
    this.errors = errors;
  }
}

/**
 * Reads the settings: the environment goes before the file `settings.yaml` in the data directory, the file
 * before the defaults.
 * @param overrides set by command-line options; they go before the environment
 * @throws SettingsError with every mistake at once
 */
export function readSettings(
  environment: Record<string, string | undefined>,
  overrides: Partial<Record<keyof Settings, string>> = {},
): Settings {
  const errors: string[] = [];
  const names = Object.keys(SETTINGS.shape) as (keyof Settings)[];
  const directory =
    overrides.JIENENG_DATA ?? environment.JIENENG_DATA ?? SETTINGS.shape.JIENENG_DATA.parse(undefined);
  const file = join(directory, SETTINGS_FILE);
  const values: Record<string, unknown> = {};
  const places: Record<string, string> = {};
  for (const [name, value] of Object.entries(fromFile(file, errors))) {
    values[name] = value;
    places[name] = `${file}: ${name}`;
  }
  if ('JIENENG_DATA' in values) {
    errors.push(`${file}: JIENENG_DATA: the file lies in the data directory, so it cannot name it`);
    delete values.JIENENG_DATA;
  }
  for (const name of names) {
    const value = overrides[name] ?? environment[name];
    if (value === undefined || value === '') continue;
    values[name] = value;
    places[name] = overrides[name] === undefined ? `environment: ${name}` : `command line: ${name}`;
  }
  const parsed = SETTINGS.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) errors.push(`${places[key]}: there is no such setting`);
    } else {
      const name = String(issue.path[0]);
      errors.push(`${places[name] ?? name}: ${issue.message}`);
    }
  }
  for (const [name, fault] of parsed.success ? contradictions(parsed.data) : []) {
    errors.push(`${places[name] ?? name}: ${fault}`);
  }
  if (errors.length > 0 || !parsed.success) throw new SettingsError(errors);
  return { ...parsed.data, JIENENG_DATA: resolve(directory) };
}

/** Settings that are right each for itself and wrong together. */
function contradictions(settings: Settings): [keyof Settings, string][] {
  const out: [keyof Settings, string][] = [];
  const { TLS_CERT: cert, TLS_KEY: key } = settings;
  if (cert !== undefined && key === undefined) out.push(['TLS_CERT', 'needs its key: set TLS_KEY too']);
  if (key !== undefined && cert === undefined)
    out.push(['TLS_KEY', 'needs its certificate: set TLS_CERT too']);
  if (settings.MQTT_CLIENT_CA !== undefined && cert === undefined) {
    out.push(['MQTT_CLIENT_CA', 'clients show certificates over TLS only: set TLS_CERT and TLS_KEY']);
  }
  if (settings.MQTT_CLIENT_CERT === 'required' && settings.MQTT_CLIENT_CA === undefined) {
    out.push(['MQTT_CLIENT_CERT', 'by whom are they signed? Set MQTT_CLIENT_CA']);
  }
  const url = settings.MQTT_URL === undefined ? null : new URL(settings.MQTT_URL);
  if (settings.METRICS_TOKEN !== undefined && settings.METRICS_TOKEN_FILE !== undefined) {
    out.push(['METRICS_TOKEN_FILE', 'METRICS_TOKEN is set as well; one of them']);
  }
  const external = [
    'MQTT_USERNAME',
    'MQTT_PASSWORD',
    'MQTT_PASSWORD_FILE',
    'MQTT_CA',
    'MQTT_CERT',
    'MQTT_KEY',
    'INTAKE_PART',
  ];
  for (const name of external as (keyof Settings)[]) {
    if (settings[name] !== undefined && !url) out.push([name, 'is for an external broker: set MQTT_URL too']);
  }
  if (!url) return out;
  const encrypted = url.protocol === 'mqtts:' || url.protocol === 'wss:';
  for (const name of ['MQTT_CA', 'MQTT_CERT', 'MQTT_KEY'] as const) {
    if (settings[name] !== undefined && !encrypted) {
      out.push([name, `is of no use with ${url.protocol}//: MQTT_URL must begin with mqtts:// or wss://`]);
    }
  }
  if (settings.MQTT_CERT !== undefined && settings.MQTT_KEY === undefined) {
    out.push(['MQTT_CERT', 'needs its key: set MQTT_KEY too']);
  }
  if (settings.MQTT_KEY !== undefined && settings.MQTT_CERT === undefined) {
    out.push(['MQTT_KEY', 'needs its certificate: set MQTT_CERT too']);
  }
  if (settings.MQTT_PASSWORD !== undefined && settings.MQTT_PASSWORD_FILE !== undefined) {
    out.push(['MQTT_PASSWORD_FILE', 'MQTT_PASSWORD is set as well; one of them']);
  }
  const password = settings.MQTT_PASSWORD !== undefined || settings.MQTT_PASSWORD_FILE !== undefined;
  if (password && settings.MQTT_USERNAME === undefined && url.username === '') {
    out.push(['MQTT_USERNAME', 'a password is set without a user']);
  }
  return out;
}

function fromFile(file: string, errors: string[]): Record<string, unknown> {
  if (!existsSync(file)) return {};
  const document = parseDocument(readFileSync(file, 'utf8'));
  for (const error of document.errors) errors.push(`${file}: ${error.message.split('\n')[0]}`);
  if (document.errors.length > 0) return {};
  const content: unknown = document.toJS() ?? {};
  if (typeof content === 'object' && !Array.isArray(content)) return content as Record<string, unknown>;
  errors.push(`${file}: must be a list of NAME: value`);
  return {};
}
