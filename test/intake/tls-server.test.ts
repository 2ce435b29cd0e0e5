import { copyFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect as dialTls, type PeerCertificate } from 'node:tls';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { compose } from '../../server/compose.ts';
import { readSettings, SettingsError } from '../../server/config.ts';
import { asOperator } from '../../server/http/authorise.ts';
import { Authority, FOR_SERVER } from '../support/certificates.ts';
import { directory } from '../support/directory.ts';
import { freePort } from '../support/port.ts';
import { startServer, until } from '../support/server.ts';
import { silent } from './support.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'gov', name: '政', kind: 'building' }],
  meters: [{ id: 'a', name: 'A', node: 'gov', carrier: 'electricity', unit: 'kWh' }],
};

test('a server with a certificate speaks HTTPS and MQTT over TLS, and takes up a new one at SIGHUP', async () => {
  const at = directory();
  const authority = new Authority(at);
  const [cert, key] = [join(at, 'cert.pem'), join(at, 'cert.key')];
  const put = (name: string): void => {
    const signed = authority.sign(name, `/CN=${name}`, FOR_SERVER);
    copyFileSync(signed.key, key);
    copyFileSync(signed.cert, cert);
  };
  put('first');
  const [tlsPort, plainPort] = [await freePort(), await freePort()];
  const server = await startServer(directory(), {
    ...{ TLS_CERT: cert, TLS_KEY: key, MQTTS_PORT: String(tlsPort), MQTT_PORT: String(plainPort) },
    ...{ MQTT_ANONYMOUS: 'false' },
  });
  onTestFinished(async () => void (await server.stop()));
  expect(server.url).toMatch(/^https:/);
  expect(server.mqttPort).toBe(tlsPort);
  const live = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${server.url}/api/v1/health/live`, { ca: authority.pem }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).end();
  });
  expect(live).toBe(200);
  const json = { headers: { 'content-type': 'application/json' } };
  const put200 = await server.fetch('/api/v1/estate', {
    ...json,
    method: 'PUT',
    body: JSON.stringify(ESTATE),
  });
  expect(put200.status).toBe(200);
  const made = await server.fetch('/api/v1/devices', { ...json, method: 'POST', body: '{"meter":"a"}' });
  const { secret } = (await made.json()) as { secret: string };
  const client = await connectAsync(`mqtts://127.0.0.1:${tlsPort}`, {
    ...{ ca: authority.pem, clientId: 'a', username: 'a', password: secret },
    ...{ reconnectPeriod: 0, connectTimeout: 60_000 },
  });
  onTestFinished(() => void client.end(true));
  await client.publishAsync('meters/a/readings', '{"value":1}', { qos: 1 });

  const shown = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = dialTls({ host: '127.0.0.1', port, ca: authority.pem });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(String((socket.getPeerCertificate() as PeerCertificate).subject.CN));
        socket.destroy();
      });
    });
  put('second');
  server.child.kill('SIGHUP');
  const ports = [tlsPort, Number(new URL(server.url).port)];
  await until(
    () => Promise.all(ports.map(shown)),
    (names) => names.every((name) => name === 'second'),
  );
  await client.publishAsync('meters/a/readings', '{"value":2}', { qos: 1 });
  const trail = (await (await server.fetch('/api/v1/audit?action=certificate.renew')).json()) as object;
  expect(JSON.stringify(trail)).toContain('CN=second');
  const health = (await (await server.fetch('/api/v1/health')).json()) as { problems: string[] };
  // openssl made it for two days.
  expect(health.problems).toContain('the certificate ends in 1 day');
  const scraped = await (await server.fetch('/metrics')).text();
  const end = /^jieneng_certificate_expiry_timestamp_seconds\{of="server"\} (\d+)$/m.exec(scraped)?.[1];
  expect(Math.floor((Number(end) - Date.now() / 1000) / 86_400)).toBe(1);
});

test('a key that is another certificate’s ends the start with its name', async () => {
  const at = directory();
  const authority = new Authority(at);
  const { cert } = authority.sign('server', '/CN=server', FOR_SERVER);
  const start = startServer(directory(), { TLS_CERT: cert, TLS_KEY: join(at, 'ca.key') });
  await expect(start).rejects.toThrow(/ca\.key: is not the key of the certificate .*server\.pem/);
});

test.each([
  [{ TLS_CERT: 'a' }, 'TLS_CERT: needs its key'],
  [{ TLS_KEY: 'a' }, 'TLS_KEY: needs its certificate'],
  [{ MQTT_CLIENT_CA: 'a' }, 'MQTT_CLIENT_CA: clients show certificates over TLS only'],
  [
    { TLS_CERT: 'a', TLS_KEY: 'b', MQTT_CLIENT_CERT: 'required' },
    'MQTT_CLIENT_CERT: by whom are they signed',
  ],
  [{ MQTT_ANONYMOUS: 'maybe' }, 'MQTT_ANONYMOUS: must be true or false'],
  [{ MQTTS_PORT: '70000' }, 'MQTTS_PORT: MQTTS_PORT must be 0 to 65535'],
])('settings %# that do not go together are told', (environment, message) => {
  expect(() => readSettings({ JIENENG_DATA: '/nonexistent', ...environment })).toThrow(SettingsError);
  expect(() => readSettings({ JIENENG_DATA: '/nonexistent', ...environment })).toThrow(message);
});

test.each([
  [{ MQTT_HOST: '0.0.0.0' }, true],
  [{ MQTT_HOST: '127.0.0.1' }, false],
  // Somebody has said that it is meant, or there is no such port.
  [{ MQTT_HOST: '0.0.0.0', MQTT_PLAIN: 'true' }, false],
  [{ MQTT_HOST: '0.0.0.0', MQTT_PORT: '0' }, false],
  [{ MQTT_HOST: '0.0.0.0', MQTT_URL: 'mqtt://127.0.0.1:1' }, false],
])(
  '%o: whether the health page says that secrets of devices can be read on their way',
  async (of, isSaid) => {
    const settings = readSettings({ JIENENG_DATA: directory(), ...of });
    // No port is opened.
    const composition = await compose(settings, {
      version: '0',
      log: silent,
      webRoot: settings.JIENENG_DATA,
    });
    onTestFinished(() => composition.close());
    const answer = await asOperator(composition.app).fetch(new Request('http://localhost/api/v1/health'));
    const { problems } = (await answer.json()) as { problems: string[] };
    expect(problems.some((problem) => problem.includes('secrets of devices'))).toBe(isSaid);
  },
);
