import { join } from 'node:path';
import { Certificates } from './access/certificates.ts';
import type { Settings } from './config.ts';
import { isLoopback } from './http/address.ts';
import { readBrokerAccess } from './intake/access.ts';
import type { IntakeOptions } from './intake/intake.ts';
import type { IntakeLog } from './intake/log.ts';
import type { Part } from './intake/part.ts';
import { Roll } from './intake/roll.ts';

/** How people and meters come in as the settings say, and what is to be said of that. */

const READ_ON_ITS_WAY =
  'HTTP_HOST is open to the network without TLS: passwords and figures can be read on their way; set TLS_CERT and TLS_KEY, or put a proxy with TLS before it and name that in TRUSTED_PROXY';
const SECRETS_READ_ON_THEIR_WAY =
  'MQTT_HOST is open to the network without TLS: secrets of devices can be read on their way; set TLS_CERT and TLS_KEY, or MQTT_PLAIN=true where that network is only for meters';
const OPEN_TO_ALL =
  'whoever reaches the port of MQTT may publish for every meter: MQTT_ANONYMOUS is for demonstrations on one machine';

/** What can be read on its way over a network, in sentences. */
export function readOnTheWay(settings: Settings): string[] {
  return [
    ...(isReadOnItsWay(settings) ? [READ_ON_ITS_WAY] : []),
    ...(areSecretsReadOnTheirWay(settings) ? [SECRETS_READ_ON_THEIR_WAY] : []),
  ];
}

/** Whether anybody in a network may publish as any meter, in a sentence. */
export function openToAll({ MQTT_ANONYMOUS, MQTT_HOST }: Settings): string[] {
  return MQTT_ANONYMOUS && !isLoopback(MQTT_HOST) ? [OPEN_TO_ALL] : [];
}

/** Of what listens over TLS; null without. @throws CertificateError where the files cannot be used */
export function certificatesOf(settings: Settings, now: () => number, log: IntakeLog): Certificates | null {
  const { TLS_CERT: cert, TLS_KEY: key, MQTT_CLIENT_CA: clientCa = null } = settings;
  if (cert === undefined || key === undefined) return null;
  return new Certificates({ files: { cert, key, clientCa }, now, log });
}

/** The broker that meters publish to: one of somebody else, or the embedded one and where that listens. */
export function brokerOf(
  settings: Settings,
  part: Part | null,
  certificates: Certificates | null,
): Pick<IntakeOptions, 'external' | 'sessionFile' | 'host' | 'port' | 'plainHost' | 'tls' | 'roll'> {
  const { MQTT_URL, MQTT_HOST: host, MQTT_PORT: port } = settings;
  const external = MQTT_URL ? readBrokerAccess({ ...settings, MQTT_URL }) : null;
  const roll = external && part ? new Roll(part, external.clientId) : null;
  // Of the part's number alone: with another number of parts it finds the same session.
  if (external && part) external.clientId += `-part-${part.index}`;
  const sessionFile = join(settings.JIENENG_DATA, 'mqtt-session');
  const encrypted = certificates && tlsOf(settings, certificates);
  return { external, sessionFile, host, port, ...encrypted, ...(roll && { roll }) };
}

/** With TLS the open port is for this machine alone, unless somebody wants it otherwise. */
function tlsOf(settings: Settings, certificates: Certificates): Pick<IntakeOptions, 'plainHost' | 'tls'> {
  const { MQTT_HOST: host, MQTT_PLAIN, MQTTS_PORT: port, MQTT_CLIENT_CA, MQTT_CLIENT_CERT } = settings;
  if (port === 0) return {};
  const clientCertificates = MQTT_CLIENT_CA === undefined ? 'none' : MQTT_CLIENT_CERT;
  const plainHost = MQTT_PLAIN || isLoopback(host) ? host : '127.0.0.1';
  return { plainHost, tls: { port, certificates, clientCertificates } };
}

/** Whether passwords come over a network as they are. */
function isReadOnItsWay({ HTTP_HOST, TRUSTED_PROXY, TLS_CERT }: Settings): boolean {
  return !isLoopback(HTTP_HOST) && TRUSTED_PROXY.length === 0 && TLS_CERT === undefined;
}

/** The same for secrets of devices, where nobody has said that it is meant. */
function areSecretsReadOnTheirWay(settings: Settings): boolean {
  const { MQTT_URL, MQTT_HOST, MQTT_PORT, MQTT_PLAIN, MQTT_ANONYMOUS, TLS_CERT } = settings;
  const isOpen = MQTT_URL === undefined && MQTT_PORT > 0 && !isLoopback(MQTT_HOST);
  return isOpen && !MQTT_PLAIN && !MQTT_ANONYMOUS && TLS_CERT === undefined;
}
