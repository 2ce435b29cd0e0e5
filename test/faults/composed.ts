import { onTestFinished } from 'vitest';
import { readSettings } from '../../server/config.ts';
import { type Server, serve } from '../../server/serve.ts';
import { operatorOf } from '../support/operator.ts';
import { freePort } from '../support/port.ts';
import type { RunningServer } from '../support/server.ts';
import type { Fleet } from './support.ts';

export interface ComposedServer extends Server, Pick<RunningServer, 'fetch' | 'pid' | 'mqttPort'> {
  /** Everything logged so far, a line each. */
  said: string[];
}

/** The whole server inside the test's process, for faults that need a hand on its parts. */
export async function composedWith(
  data: string,
  fleet: Fleet,
  environment: Record<string, string> = {},
): Promise<ComposedServer> {
  const settings = readSettings({
    JIENENG_DATA: data,
    HTTP_PORT: '0',
    MQTT_PORT: String(await freePort()),
    MQTT_ANONYMOUS: 'true',
    ...environment,
  });
  const said: string[] = [];
  const say = (fields: object, message: string): void => {
    said.push(`${message} ${JSON.stringify(fields)}`);
  };
  const server = await serve(settings, {
    version: '0',
    log: { debug() {}, info: say, warn: say, error: say },
    webRoot: data,
    // Looked up each time, so that a test can step it.
    now: () => Date.now(),
  });
  onTestFinished(() => server.stop());
  server.catalogue.applyEstate(JSON.stringify(fleet.estate()), 'test', 'test');
  return {
    ...server,
    said,
    pid: process.pid,
    mqttPort: Number(new URL(server.mqtt as string).port),
    fetch: operatorOf(data),
  };
}
