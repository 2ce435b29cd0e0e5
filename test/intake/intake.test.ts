import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { type BrokerAccess, readBrokerAccess } from '../../server/intake/access.ts';
import { startIntake } from '../../server/intake/intake.ts';
import { makeCertificates, mosquittoInstalled, NEEDED, startMosquitto } from '../support/mosquitto.ts';
import { freePort } from '../support/port.ts';
import { startBridge } from '../support/websocket.ts';
import { intakeContract, type Way } from './contract.ts';
import { contextOf, MemorySink, silent, until } from './support.ts';

const MQTT_CLIENT_ID = 'jieneng';
const host = '127.0.0.1';

async function embedded(): Promise<Way> {
  const port = await freePort();
  return {
    device: { url: `mqtt://${host}:${port}` },
    intake: { external: null, host, port, sessionFile: '' },
    stop: async () => {},
  };
}

/** @param transport how the intake reaches the broker; devices come over plain TCP */
function external(transport: 'mqtt' | 'mqtts' | 'ws'): () => Promise<Way> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'jieneng-intake-'));
    const certificates = transport === 'mqtts' ? makeCertificates(directory) : null;
    const broker = await startMosquitto(NEEDED, certificates);
    const bridge = transport === 'ws' ? await startBridge(broker.port) : null;
    const port = { mqtt: broker.port, mqtts: broker.tlsPort, ws: bridge?.port ?? 0 }[transport];
    return {
      device: { url: `mqtt://${host}:${broker.port}` },
      intake: {
        external: readBrokerAccess({
          MQTT_URL: `${transport}://${host}:${port}`,
          MQTT_CLIENT_ID,
          ...(certificates && {
            MQTT_CA: certificates.ca,
            MQTT_CERT: certificates.client.cert,
            MQTT_KEY: certificates.client.key,
          }),
        }),
        host,
        port: 0,
        sessionFile: join(directory, 'mqtt-session'),
      },
      async stop() {
        await bridge?.stop();
        await broker.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  };
}

intakeContract('intake by the embedded broker', embedded);

describe.skipIf(!mosquittoInstalled)('an intake that its broker does not let in says why', () => {
  const context = contextOf([]);
  const error = async (access: BrokerAccess, why: RegExp): Promise<void> => {
    const options = { host, port: 0, sessionFile: '/nonexistent/mqtt-session', sink: new MemorySink() };
    const intake = await startIntake({
      ...{ ...options, external: access, context: () => context, log: silent, reconnectMs: 50 },
    });
    await until(`an error of ${why}`, () => why.test(intake.status().error ?? ''));
    await intake.stop();
  };

  it('a password that is wrong', async () => {
    const broker = await startMosquitto([...NEEDED, 'allow_anonymous false']);
    const access = { url: `mqtt://${host}:${broker.port}`, clientId: MQTT_CLIENT_ID };
    await error(
      { ...access, username: 'intake', password: 'wrong' },
      /^mqtt:\/\/127\.0\.0\.1:\d+ is not reached: Connection refused: Not authorized: see MQTT_USERNAME and MQTT_PASSWORD, MQTT_CERT, and the broker's log$/,
    );
    await broker.stop();
  });

  it('a certificate that nobody trusts, and one that is missing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'jieneng-intake-'));
    const { ca, server, client } = makeCertificates(directory);
    const broker = await startMosquitto(NEEDED, { ca, server });
    const access = { url: `mqtts://${host}:${broker.tlsPort}`, clientId: MQTT_CLIENT_ID };
    const [cert, key] = [readFileSync(client.cert), readFileSync(client.key)];
    await error({ ...access, cert, key }, / is not reached: .*certificate/);
    await error({ ...access, ca: readFileSync(ca) }, / is not reached: .*certificate required/);
    await broker.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('nobody who listens', async () => {
    const access = { url: `mqtt://${host}:${await freePort()}`, clientId: MQTT_CLIENT_ID };
    await error(access, / is not reached: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  });
});

describe.skipIf(!mosquittoInstalled)('intake by mosquitto', () => {
  intakeContract('over TCP', external('mqtt'));
  intakeContract('over TLS with a client certificate', external('mqtts'));
  intakeContract('over a websocket', external('ws'));
});
