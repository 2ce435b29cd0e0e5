import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../../server/config.ts';
import { BrokerAccessError, readBrokerAccess } from '../../server/intake/access.ts';
import { directory } from '../support/directory.ts';
import { makeCertificates } from '../support/mosquitto.ts';

const MQTT_CLIENT_ID = 'jieneng';

function faults(environment: Record<string, string>): string[] {
  try {
    readSettings({ JIENENG_DATA: directory(), ...environment });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
}

function fault(settings: Parameters<typeof readBrokerAccess>[0]): string {
  try {
    readBrokerAccess(settings);
  } catch (error) {
    if (error instanceof BrokerAccessError) return error.message;
    throw error;
  }
  return '';
}

describe('settings of an external broker', () => {
  const MQTT_URL = 'mqtts://broker:8883';

  it('take certificate, key, authority and password together', () => {
    expect(
      faults({
        ...{ MQTT_URL, MQTT_CA: 'ca.pem', MQTT_CERT: 'c.pem', MQTT_KEY: 'c.key' },
        ...{ MQTT_USERNAME: 'intake', MQTT_PASSWORD_FILE: 'secret', MQTT_CLIENT_ID: 'jieneng-2.city_a' },
      }),
    ).toEqual([]);
  });

  it.each([
    [
      'a certificate without its key',
      { MQTT_URL, MQTT_CERT: 'c' },
      'MQTT_CERT: needs its key: set MQTT_KEY too',
    ],
    ['a key alone', { MQTT_URL, MQTT_KEY: 'k' }, 'MQTT_KEY: needs its certificate: set MQTT_CERT too'],
    [
      'a certificate in the clear',
      { MQTT_URL: 'ws://broker', MQTT_CA: 'ca' },
      'MQTT_CA: is of no use with ws://: MQTT_URL must begin with mqtts:// or wss://',
    ],
    [
      'a user of no broker',
      { MQTT_USERNAME: 'u' },
      'MQTT_USERNAME: is for an external broker: set MQTT_URL too',
    ],
    [
      'two passwords',
      { MQTT_URL, MQTT_USERNAME: 'u', MQTT_PASSWORD: 'p', MQTT_PASSWORD_FILE: 'f' },
      'MQTT_PASSWORD_FILE: MQTT_PASSWORD is set as well; one of them',
    ],
    [
      'a password of nobody',
      { MQTT_URL, MQTT_PASSWORD: 'p' },
      'MQTT_USERNAME: a password is set without a user',
    ],
    [
      'a name with a slash',
      { MQTT_URL, MQTT_CLIENT_ID: 'a/b' },
      'MQTT_CLIENT_ID: must be 1 to 128 letters, digits, ., - or _',
    ],
  ])('refuse %s', (_what, environment, message) => {
    expect(faults(environment).map((e) => e.replace(/^environment: /, ''))).toEqual([message]);
  });
});

describe('access to an external broker', () => {
  let at = '';
  let made: ReturnType<typeof makeCertificates>;
  const files = (): Record<'MQTT_CA' | 'MQTT_CERT' | 'MQTT_KEY', string> => ({
    MQTT_CA: made.ca,
    MQTT_CERT: made.client.cert,
    MQTT_KEY: made.client.key,
  });

  beforeAll(() => {
    at = mkdtempSync(join(tmpdir(), 'jieneng-access-'));
    made = makeCertificates(at);
  });

  afterAll(() => rmSync(at, { recursive: true, force: true }));

  it('takes user and password out of the address, whatever characters they have', () => {
    const MQTT_URL = 'mqtt://in%40take:a%3Ab%2Fc@broker:1884/';
    expect(readBrokerAccess({ MQTT_URL, MQTT_CLIENT_ID })).toEqual({
      url: 'mqtt://broker:1884/',
      clientId: 'jieneng',
      username: 'in@take',
      password: 'a:b/c',
    });
  });

  it('takes the password out of a file, without the newline at its end', () => {
    const secret = join(at, 'secret');
    writeFileSync(secret, ' pass word\n');
    const settings = {
      MQTT_URL: 'mqtt://broker',
      MQTT_CLIENT_ID,
      MQTT_USERNAME: 'u',
      MQTT_PASSWORD_FILE: secret,
    };
    expect(readBrokerAccess(settings)).toMatchObject({ username: 'u', password: ' pass word' });
  });

  it('reads authority, certificate and key', () => {
    const access = readBrokerAccess({ MQTT_URL: 'mqtts://broker', MQTT_CLIENT_ID, ...files() });
    for (const pem of [access.ca, access.cert, access.key]) expect(pem?.toString()).toMatch(/^-----BEGIN /);
  });

  it('names every file that is missing or is not what it should be', () => {
    const text = join(at, 'text.pem');
    writeFileSync(text, 'certainly not');
    const message = fault({
      ...{ MQTT_URL: 'mqtts://broker', MQTT_CLIENT_ID },
      ...{ MQTT_CA: join(at, 'none.pem'), MQTT_CERT: text, MQTT_KEY: made.client.cert },
    });
    const [ca, cert, key, ...more] = message.split('\n');
    expect(ca).toMatch(/^MQTT_CA: .*none\.pem: cannot be read: ENOENT/);
    expect(cert).toMatch(/^MQTT_CERT: .*text\.pem: is no certificate in PEM: /);
    expect(key).toMatch(/^MQTT_KEY: .*client\.pem: is no private key in PEM without a passphrase: /);
    expect(more).toEqual([]);
  });

  it('refuses a key of another certificate', () => {
    const settings = { MQTT_URL: 'mqtts://broker', MQTT_CLIENT_ID, ...files(), MQTT_KEY: made.server.key };
    expect(fault(settings)).toBe(
      `MQTT_KEY: ${made.server.key}: is not the key of the certificate ${made.client.cert}`,
    );
  });
});
