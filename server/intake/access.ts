import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** How an external broker is reached and who we are there. */
export interface BrokerAccess {
  /** mqtt://, mqtts://, ws:// or wss://, without user and password. */
  url: string;
  /** Fixed for ever: under this name the broker keeps what arrives while we are away. */
  clientId: string;
  username?: string;
  password?: string;
  /** PEM; without it the authorities that Node.js trusts. */
  ca?: Buffer;
  /** PEM, ours; with its key. */
  cert?: Buffer;
  key?: Buffer;
}

/** The settings that say so; see config.ts. */
export interface AccessSettings {
  MQTT_URL: string;
  MQTT_CLIENT_ID: string;
  MQTT_USERNAME?: string | undefined;
  MQTT_PASSWORD?: string | undefined;
  MQTT_PASSWORD_FILE?: string | undefined;
  MQTT_CA?: string | undefined;
  MQTT_CERT?: string | undefined;
  MQTT_KEY?: string | undefined;
}

/** Everything that is wrong with the files, each with its setting and path. */
export class BrokerAccessError extends Error {
  override readonly name = 'BrokerAccessError';
}

/**
 * Reads password, certificate and key, so that a wrong file is told at start and not by a handshake that fails.
 * @param settings those of one program, already checked for what excludes or needs each other
 * @throws BrokerAccessError with every fault
 */
export function readBrokerAccess(settings: AccessSettings): BrokerAccess {
  const errors: string[] = [];
  const file = (name: keyof AccessSettings): Buffer | undefined => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      errors.push(`${name}: ${path}: cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  };
  const check = (
    name: keyof AccessSettings,
    bytes: Buffer | undefined,
    read: (b: Buffer) => unknown,
  ): void => {
    if (!bytes) return;
    try {
      read(bytes);
    } catch (error) {
      errors.push(`${name}: ${settings[name]}: ${messageOf(error)}`);
    }
  };
  const url = new URL(settings.MQTT_URL);
  const access: BrokerAccess = { url: '', clientId: settings.MQTT_CLIENT_ID };
  const username =
    settings.MQTT_USERNAME ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const password =
    settings.MQTT_PASSWORD ??
    // A file made with an editor ends in a newline that is not part of the password.
    file('MQTT_PASSWORD_FILE')
      ?.toString('utf8')
      .replace(/\r?\n$/, '') ??
    (url.password === '' ? undefined : decodeURIComponent(url.password));
  url.username = '';
  url.password = '';
  access.url = url.href;
  if (username !== undefined) access.username = username;
  if (password !== undefined) access.password = password;
  const ca = file('MQTT_CA');
  const cert = file('MQTT_CERT');
  const key = file('MQTT_KEY');
  check('MQTT_CA', ca, (b) => certificate(b));
  check('MQTT_CERT', cert, (b) => certificate(b));
  check('MQTT_KEY', key, (b) => privateKey(b));
  if (cert && key && errors.length === 0 && !belong(cert, key)) {
    errors.push(`MQTT_KEY: ${settings.MQTT_KEY}: is not the key of the certificate ${settings.MQTT_CERT}`);
  }
  if (errors.length > 0) throw new BrokerAccessError(errors.join('\n'));
  if (ca) access.ca = ca;
  if (cert) access.cert = cert;
  if (key) access.key = key;
  return access;
}

/** The first of the file: our own stands before those that signed it. */
function certificate(pem: Buffer): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new Error(`is no certificate in PEM: ${messageOf(error)}`);
  }
}

function privateKey(pem: Buffer): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error(`is no private key in PEM without a passphrase: ${messageOf(error)}`);
  }
}

function belong(cert: Buffer, key: Buffer): boolean {
  return certificate(cert).publicKey.equals(createPublicKey(privateKey(key)));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
