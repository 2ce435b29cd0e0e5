import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { connect as dialTls, type PeerCertificate, type SecureVersion, type TLSSocket } from 'node:tls';
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CertificateError, Certificates } from '../../server/access/certificates.ts';
import { Devices } from '../../server/access/devices.ts';
import { listen } from '../../server/http/listen.ts';
import { type Broker, type BrokerOptions, startBroker } from '../../server/intake/broker.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import type { ClientCertificates } from '../../server/intake/tls.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';
import { Authority, FOR_CLIENT, FOR_SERVER } from '../support/certificates.ts';
import { directory } from '../support/directory.ts';
import { json, MemorySink, silent, until } from './support.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'gov', name: '政', kind: 'building' }],
  meters: ['a', 'b'].map((id) => ({ id, name: id, node: 'gov', carrier: 'electricity', unit: 'kWh' })),
};

let at: string;
let authority: Authority;
let files: { cert: string; key: string; clientCa: string | null };
let certificates: Certificates;
let devices: Devices;
let secret: string;
let log: string[];
let clock: number;
let sink: MemorySink;
let broker: Broker | null;
let clients: MqttClient[];
let context: BrokerOptions['context'];

/** Puts a certificate in the place of the one in use, as a renewal does. */
function put(name: string, subject: string, days = 2): void {
  const signed = authority.sign(name, subject, FOR_SERVER, days);
  copyFileSync(signed.key, files.key);
  copyFileSync(signed.cert, files.cert);
}

beforeEach(() => {
  at = directory();
  authority = new Authority(at);
  files = { cert: join(at, 'in-use.pem'), key: join(at, 'in-use.key'), clientCa: null };
  put('first', '/CN=first');
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(ESTATE, 'test');
  log = [];
  clock = Date.now();
  const estate = () => catalogue.snapshot();
  // A minute later each time, so that each refusal is told.
  const now = () => (clock += 60_000);
  const onRefused = ({ why }: { why: string }): void => void log.push(why);
  devices = new Devices({
    store: catalogue.devices,
    estate,
    now,
    anonymous: false,
    log: silent,
    onRefused,
  });
  const rest = { topics: [], below: null, meters: [], clientId: null, expiresAt: null };
  ({ secret } = devices.add({ kind: 'meter', subject: 'a', ...rest }, 'test'));
  devices.add({ kind: 'meter', subject: 'b', ...rest }, 'test');
  sink = new MemorySink();
  broker = null;
  clients = [];
  context = () => ({ estate: estate(), profiles: compileProfiles(), now: Date.now() });
});

afterEach(async () => {
  for (const client of clients) client.end(true);
  await broker?.stop();
});

async function start(
  clientCertificates: ClientCertificates = 'none',
  limits: BrokerOptions['limits'] = {},
): Promise<void> {
  certificates = new Certificates({ files, now: Date.now, log: silent });
  const tls = { port: 0, certificates, clientCertificates };
  broker = await startBroker({
    ...{
      host: '127.0.0.1',
      port: 0,
      plainHost: null,
      tls,
      sink,
      context,
      door: devices,
      limits,
      log: silent,
    },
  });
}

const own = (): IClientOptions => ({ username: 'a', password: secret });

async function client(more: IClientOptions): Promise<MqttClient> {
  const made = await connectAsync(`mqtts://127.0.0.1:${broker?.tlsPort}`, {
    ...{ ca: authority.pem, clientId: 'a', reconnectPeriod: 0, connectTimeout: 20_000 },
    ...more,
  });
  made.on('error', () => {});
  clients.push(made);
  return made;
}

const failure = async (more: IClientOptions): Promise<{ code: unknown; message: string }> =>
  client(more).then(
    () => ({ code: null, message: 'it was let in' }),
    (error: { code?: unknown; message: string }) => ({ code: error.code, message: error.message }),
  );

const publish = (of: MqttClient, meter: string, value: number) =>
  of.publishAsync(`meters/${meter}/readings`, json({ value }), { qos: 1 });

/** Tries to come in, however that ends: a connection that is cut may end without an error. */
async function attempt(more: IClientOptions): Promise<void> {
  const made = connect(`mqtts://127.0.0.1:${broker?.tlsPort}`, {
    ...{ ca: authority.pem, clientId: 'a', reconnectPeriod: 0, connectTimeout: 20_000 },
    ...more,
  });
  made.on('error', () => {});
  made.on('connect', () => expect.fail('it was let in'));
  await new Promise<void>((go) => made.once('close', () => go()));
  made.end(true);
}

/** Common name of the certificate that a new connection is shown. */
async function shown(port: number | null | undefined): Promise<string> {
  const socket = dialTls({ host: '127.0.0.1', port: port as number, ca: authority.pem });
  await new Promise<void>((go, fail) => socket.once('secureConnect', go).once('error', fail));
  const { subject } = socket.getPeerCertificate() as PeerCertificate;
  socket.destroy();
  return String(subject.CN);
}

describe('MQTT over TLS', () => {
  test('takes readings from TLS 1.2 on, and nothing in the clear', async () => {
    await start();
    expect(broker?.port).toBe(0);
    await publish(await client(own()), 'a', 1);
    expect(sink.readings.map((r) => r.value)).toEqual([1]);
    const port = broker?.tlsPort as number;
    const spoken = (version: SecureVersion): Promise<string | null> =>
      new Promise((go) => {
        const socket = dialTls({
          ...{ host: '127.0.0.1', port, ca: authority.pem, minVersion: version, maxVersion: version },
          // OpenSSL itself speaks nothing older at its usual level.
          ciphers: 'DEFAULT@SECLEVEL=0',
        });
        socket.once('secureConnect', () => {
          go(socket.getProtocol());
          socket.destroy();
        });
        socket.once('error', () => go(null));
      });
    expect(await spoken('TLSv1.3')).toBe('TLSv1.3');
    expect(await spoken('TLSv1.2')).toBe('TLSv1.2');
    expect(await spoken('TLSv1.1')).toBeNull();
    const plain = dial(port, '127.0.0.1');
    const cut = new Promise<void>((go) => plain.once('close', () => go()));
    plain.on('error', () => {}).resume();
    // A CONNECT of MQTT 3.1.1.
    plain.write(Buffer.from('101000044d5154540402003c000474657374', 'hex'));
    await cut;
    expect((await failure({ ...own(), password: 'wrong' })).code).toBe(4);
  });

  test('what comes before CONNECT is bounded behind the encryption too', async () => {
    await start();
    const options = { host: '127.0.0.1', port: broker?.tlsPort as number, ca: authority.pem };
    const ended = async (bytes: Buffer): Promise<void> => {
      const socket: TLSSocket = dialTls(options);
      socket.on('error', () => {});
      const gone = new Promise<void>((go) => socket.once('close', () => go()));
      socket.once('secureConnect', () => socket.write(bytes));
      socket.resume();
      await gone;
    };
    await ended(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    // A CONNECT that announces 256 MB − 1.
    await ended(Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f));
    expect(broker?.stats()).toMatchObject({ clients: 0, refused: 2 });
    // A packet over the limit of a client passes by and is acknowledged, as without TLS.
    const of = await client(own());
    await of.publishAsync('meters/a/readings', Buffer.alloc(300 * 1024, 0x20), { qos: 1 });
    expect(sink.rejects.map((r) => r.reason)).toEqual(['packet_too_large']);
  });

  test('who never ends a handshake makes room for who does', async () => {
    await start('none', { connections: 3 });
    const standing = await client(own());
    const gone: number[] = [];
    for (const i of [0, 1]) {
      const socket = dial(broker?.tlsPort as number, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      socket.resume().once('close', () => gone.push(i));
      // The beginning of a ClientHello.
      await new Promise<void>((go) => socket.write(Buffer.of(0x16, 3, 1, 2, 0, 1), () => go()));
    }
    const secretOfB = devices.rotate('b', 0).secret;
    const other = await client({ username: 'b', password: secretOfB, clientId: 'b' });
    await until('the one that waited longest closes', () => gone.length > 0);
    expect(gone).toEqual([0]);
    await publish(standing, 'a', 7);
    await publish(other, 'b', 8);
    expect(sink.readings.map((r) => r.value)).toEqual([7, 8]);
    expect(broker?.stats().clients).toBe(2);
  });

  test('a renewed certificate is taken up without cutting a connection', async () => {
    await start();
    const standing = await client(own());
    expect(await shown(broker?.tlsPort)).toBe('first');
    put('second', '/CN=second');
    certificates.look();
    expect(await shown(broker?.tlsPort)).toBe('second');
    await publish(standing, 'a', 3);
    expect(standing.connected).toBe(true);
    expect(sink.readings.map((r) => r.value)).toEqual([3]);
    expect(certificates.state()).toMatchObject({ subject: 'CN=second', daysLeft: 1, error: null });
  });

  test('broken files leave the certificate in use, and are looked at until they are good', async () => {
    await start();
    writeFileSync(files.cert, 'no certificate');
    certificates.look();
    expect(certificates.state().error).toContain(`${files.cert}: is no certificate in PEM`);
    expect(await shown(broker?.tlsPort)).toBe('first');
    // The certificate is there and its key is not yet: between the two writes of a renewal.
    const next = authority.sign('next', '/CN=next', FOR_SERVER);
    copyFileSync(next.cert, files.cert);
    certificates.look();
    expect(certificates.state().error).toContain('is not the key of the certificate');
    expect(await shown(broker?.tlsPort)).toBe('first');
    copyFileSync(next.key, files.key);
    certificates.look();
    expect(certificates.state().error).toBeNull();
    expect(await shown(broker?.tlsPort)).toBe('next');
  });

  test('one whose time has not come leaves the certificate in use until it has', async () => {
    const from = Date.parse(new X509Certificate(readFileSync(files.cert)).validFrom);
    let now = from;
    const read = new Certificates({ files, now: () => now, log: silent });
    // Certificates count in whole seconds.
    await until('another second', () => Date.now() >= from + 1000);
    put('later', '/CN=later');
    read.look();
    expect(read.state()).toMatchObject({ subject: 'CN=first' });
    expect(read.state().error).toContain(`${files.cert}: is good from `);
    now = Date.now();
    read.look();
    expect(read.state()).toMatchObject({ subject: 'CN=later', error: null });
  });

  test('files that are wrong at the start are told with their name', () => {
    const read = (more: object): Certificates =>
      new Certificates({ files: { ...files, ...more }, now: Date.now, log: silent });
    expect(() => read({ cert: join(at, 'nowhere') })).toThrow(CertificateError);
    expect(() => read({ cert: join(at, 'nowhere') })).toThrow('nowhere: cannot be read');
    expect(() => read({ key: files.cert })).toThrow('is no private key in PEM without a passphrase');
    expect(() => read({ key: join(at, 'ca.key') })).toThrow('is not the key of the certificate');
    expect(() => read({ clientCa: files.key })).toThrow('is no certificate in PEM');
  });
});

describe('client certificates', () => {
  const read = ({ cert, key }: { cert: string; key: string }): IClientOptions => ({
    cert: readFileSync(cert),
    key: readFileSync(key),
  });

  test('name the device, in the place of a secret', async () => {
    files.clientCa = authority.file;
    await start('optional');
    const shows = read(authority.sign('device', '/O=市/CN=a', FOR_CLIENT));
    await publish(await client(shows), 'a', 5);
    await publish(await client({ ...shows, username: 'a' }), 'a', 6);
    expect(sink.readings.map((r) => r.value)).toEqual([5, 6]);
    // Of another name, of a device that is not there, and of none.
    expect((await failure({ ...shows, username: 'b' })).code).toBe(4);
    expect((await failure(read(authority.sign('stranger', '/CN=stranger', FOR_CLIENT)))).code).toBe(4);
    await attempt(read(authority.sign('nameless', '/O=a', FOR_CLIENT)));
    await until('the refusal', () => log.some((why) => why.includes('one common name')));
    // Without one a secret will do, and a revoked device is cut off as any other.
    await client(own());
    const standing = await client(shows);
    const gone = new Promise<void>((go) => standing.once('close', () => go()));
    devices.revoke('a', 'test');
    await gone;
    expect((await failure(shows)).code).toBe(5);
  });

  test('are shown by each connection, after a renewal as well', async () => {
    files.clientCa = authority.file;
    await start('required');
    const { cert, key } = authority.sign('device', '/CN=a', FOR_CLIENT);
    /** Takes up a session; whether the server went on with the one that is given to it. */
    const session = async (version: SecureVersion, before?: Buffer) => {
      const socket = dialTls({
        ...{ host: '127.0.0.1', port: broker?.tlsPort as number, ca: authority.pem },
        ...{ cert: readFileSync(cert), key: readFileSync(key), minVersion: version, maxVersion: version },
        ...(before && { session: before }),
      });
      socket.on('error', () => {});
      let ticket: Buffer | undefined;
      socket.on('session', (given: Buffer) => {
        ticket = given;
      });
      await new Promise<void>((go) => socket.once('secureConnect', go));
      const resumed = socket.isSessionReused();
      // The tickets of TLS 1.3 come behind the handshake, and before the answer to this.
      const gone = new Promise<void>((go) => socket.once('close', () => go()));
      socket.write('GET / HTTP/1.1\r\n\r\n');
      socket.resume();
      await gone;
      return { ticket, resumed };
    };
    for (const renewal of [null, 'second']) {
      if (renewal !== null) {
        put(renewal, `/CN=${renewal}`);
        certificates.look();
      }
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const { ticket } = await session(version);
        expect(ticket).toBeDefined();
        expect(await session(version, ticket), version).toMatchObject({ resumed: false });
      }
    }
  });

  test('of another authority are refused; required, nobody comes in without', async () => {
    const foreign = read(new Authority(at, 'other').sign('foreign', '/CN=a', FOR_CLIENT));
    files.clientCa = authority.file;
    await start('optional');
    await attempt(foreign);
    await until('the refusal', () => log.some((why) => why.includes('its certificate is not good')));
    await client(own());
    await broker?.stop();
    await start('required');
    const refusals = () => broker?.stats().refused ?? 0;
    await attempt(own());
    await until('the refusal', () => refusals() === 1);
    await attempt({ ...own(), ...foreign });
    await until('the refusal', () => refusals() === 2);
    await client(read(authority.sign('device', '/CN=a', FOR_CLIENT)));
    expect(broker?.stats().clients).toBe(1);
  });
});

test('HTTPS shows the renewed certificate to new connections, and HTTP gets no answer', async () => {
  certificates = new Certificates({ files, now: Date.now, log: silent });
  const app = { fetch: (request: Request) => new Response(new URL(request.url).protocol) };
  const server = await listen(app, { host: '127.0.0.1', port: 0 }, {}, certificates);
  onTestFinished(() => server.close(0));
  const ask = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, ca: authority.pem, agent: false };
      get(options, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve(text));
      }).on('error', reject);
    });
  expect(await ask()).toBe('https:');
  put('second', '/CN=second');
  certificates.look();
  expect(await ask()).toBe('https:');
  expect(await shown(server.port)).toBe('second');
  await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
});
