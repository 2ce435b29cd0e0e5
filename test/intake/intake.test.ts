import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { readBrokerAccess } from '../../server/intake/access.ts';
import { makeCertificates, mosquittoInstalled, NEEDED, startMosquitto } from '../support/mosquitto.ts';
import { freePort } from '../support/port.ts';
import { startBridge } from '../support/websocket.ts';
import { intakeContract, type Way } from './contract.ts';

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

describe.skipIf(!mosquittoInstalled)('intake by mosquitto', () => {
  intakeContract('over TCP', external('mqtt'));
  intakeContract('over TLS with a client certificate', external('mqtts'));
  intakeContract('over a websocket', external('ws'));
});
