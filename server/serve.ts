import { rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type Composition, compose, type Options } from './compose.ts';
import type { Settings } from './config.ts';
import { asOperator } from './http/authorise.ts';
import { listen, listenSocket } from './http/listen.ts';
import { answers, lockDirectory, socketPath } from './lock.ts';

export interface Server extends Composition {
  /** http://host:port, or https:// */
  url: string;
  /** mqtt://host:port of the embedded broker, or the external broker's address. */
  mqtt: string | null;
  /** Where the first administrators are made, for a day; null once they are there. */
  setupUrl: string | null;
  stop(): Promise<void>;
}

/** Live clients are sent away at once; what still runs after this is cut. */
const GRACE_MS = 2000;
/** A store that answers to nobody, such as an InfluxDB that hangs, does not hold up the end of the process. */
const STOP_MS = 4500;

/**
 * Opens a data directory and listens: HTTP, the control socket for commands, MQTT.
 * @throws DirectoryInUse, or an Error that names the port that is taken
 */
export async function serve(settings: Settings, options: Options): Promise<Server> {
  const unlock = lockDirectory(settings.JIENENG_DATA);
  const closers: (() => Promise<void> | void)[] = [unlock];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const composition = await compose(settings, options);
    closers.push(() => composition.close());
    const control = socketPath(settings.JIENENG_DATA);
    // The lock is ours, so a socket that is still there was left by a process that was killed.
    if (!(await answers(control))) rmSync(control, { force: true });
    const socket = await listenSocket(asOperator(composition.app), control);
    closers.push(() => socket.close(GRACE_MS));
    const http = await naming('HTTP_PORT', settings.HTTP_PORT, () =>
      listen(
        composition.app,
        { host: settings.HTTP_HOST, port: settings.HTTP_PORT },
        {},
        composition.certificates,
      ),
    );
    closers.push(() => http.close(GRACE_MS));
    const intake = await naming('MQTT_PORT', settings.MQTT_PORT, () => composition.openIntake());
    composition.resumeBatches();
    const host = settings.HTTP_HOST.includes(':') ? `[${settings.HTTP_HOST}]` : settings.HTTP_HOST;
    const url = `${composition.certificates ? 'https' : 'http'}://${host}:${http.port}`;
    const { accounts } = composition;
    const setup = accounts.isSetUp() ? null : accounts.setup.newLink().path;
    return {
      ...composition,
      url,
      setupUrl: setup === null ? null : `${url}${setup}`,
      mqtt: intake.status().address,
      async stop() {
        composition.farewell();
        const orderly = async (): Promise<void> => {
          // Side by side, so that three slow clients take no longer than one.
          await Promise.all([http.close(GRACE_MS), socket.close(GRACE_MS), intake.stop()]);
          await closeAll();
        };
        const late = new AbortController();
        const deadline = wait(STOP_MS, undefined, { signal: late.signal }).then(
          () =>
            options.log.warn(
              {},
              'jieneng stops: a store does not close; what was acknowledged is in the journal',
            ),
          () => {},
        );
        try {
          await Promise.race([orderly(), deadline]);
        } finally {
          late.abort();
        }
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function naming<T>(setting: string, port: number, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { code, port: taken } = error as NodeJS.ErrnoException & { port?: number };
    if (code === 'EADDRINUSE') {
      // The embedded broker has two.
      const of = setting === 'MQTT_PORT' && taken !== undefined && taken !== port ? 'MQTTS_PORT' : setting;
      throw new Error(`${of}: port ${taken ?? port} is in use by another program; set ${of} to a free one`);
    }
    throw error;
  }
}
