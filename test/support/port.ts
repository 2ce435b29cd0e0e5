import { createServer } from 'node:net';

/**
 * Below the ports that the system hands out by itself (Linux from 32768, others from 49152): what connects, or
 * listens on "any port", between the probe and the use cannot be given this one.
 */
const FROM = 12_000;
const TO = 32_000;
const ATTEMPTS = 100;

/** A port of the loopback address that nobody listens on, for programs that cannot be told "any". */
export async function freePort(): Promise<number> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port among ${ATTEMPTS} from ${FROM} to ${TO}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
