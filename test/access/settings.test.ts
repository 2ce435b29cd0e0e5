import { expect, test } from 'vitest';
import { readSettings, SettingsError } from '../../server/config.ts';
import { directory } from '../support/directory.ts';

const read = (given: Record<string, string>) => readSettings({ JIENENG_DATA: directory(), ...given });
const faults = (given: Record<string, string>): string[] => {
  try {
    read(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.errors;
    throw error;
  }
  return [];
};

test('sign-ins end and passwords last as long as is said', () => {
  expect(read({})).toMatchObject({
    SESSION_IDLE_MIN: 30,
    SESSION_HOURS: 12,
    PASSWORD_DAYS: 0,
    SECOND_FACTOR: 'optional',
    TRUSTED_PROXY: [],
  });
  const given = { SESSION_IDLE_MIN: '10', SESSION_HOURS: '8', PASSWORD_DAYS: '90', SECOND_FACTOR: 'admins' };
  expect(read(given)).toMatchObject({
    SESSION_IDLE_MIN: 10,
    SESSION_HOURS: 8,
    PASSWORD_DAYS: 90,
    SECOND_FACTOR: 'admins',
  });
});

test('proxies are addresses and networks, one after the other', () => {
  expect(read({ TRUSTED_PROXY: '127.0.0.1, 10.0.0.0/8 fd00::/8' }).TRUSTED_PROXY).toEqual([
    '127.0.0.1',
    '10.0.0.0/8',
    'fd00::/8',
  ]);
});

test.each([
  [{ SESSION_IDLE_MIN: '2' }, 'environment: SESSION_IDLE_MIN: must be at least 5 minutes'],
  [{ SESSION_HOURS: 'long' }, 'environment: SESSION_HOURS: must be a number of hours'],
  [{ PASSWORD_DAYS: '-1' }, 'environment: PASSWORD_DAYS: must be at least 0 days'],
  [{ METRICS_TOKEN: 'short' }, 'environment: METRICS_TOKEN: must have at least 16 characters'],
  [
    { METRICS_TOKEN: 'x'.repeat(16), METRICS_TOKEN_FILE: '/token' },
    'environment: METRICS_TOKEN_FILE: METRICS_TOKEN is set as well; one of them',
  ],
  [{ TRUSTED_PROXY: 'proxy' }, 'environment: TRUSTED_PROXY: "proxy" is no address and no network'],
  [
    { TRUSTED_PROXY: '10.0.0.0/33' },
    'environment: TRUSTED_PROXY: "10.0.0.0/33" is no address and no network',
  ],
  [{ TRUSTED_PROXY: '10.0.0.0/' }, 'environment: TRUSTED_PROXY: "10.0.0.0/" is no address and no network'],
])('%o is refused', (given, fault) => {
  expect(faults(given)).toEqual([fault]);
});

test('a role that is none is refused with those that are', () => {
  expect(faults({ SECOND_FACTOR: 'some' })[0]).toMatch(/SECOND_FACTOR: .*"optional"\|"admins"\|"all"/);
});
