import type { IClientOptions } from 'mqtt';
import type { BrokerAccess } from './access.ts';

/** s */
export const SESSION_SECONDS = 7 * 86_400;
/**
 * Of a websocket a whole message is in memory before the guard sees any of it. MQTT 5 has the broker keep back
 * what is larger; of a 3.1.1 broker it ends the connection, and the health page says so.
 */
export const WEBSOCKET_MESSAGE_BYTES = 16 * 1024 * 1024;

export function isWebsocket(access: BrokerAccess): boolean {
  return /^wss?:/.test(access.url);
}

/**
 * How MQTT.js connects: with a session that lasts, and nothing kept in memory that has no bound.
 * @param version 5, or 4 for 3.1.1
 * @param receiveMaximum packets that may be in flight
 */
export function clientOptions(access: BrokerAccess, version: 4 | 5, receiveMaximum: number): IClientOptions {
  const { clientId, username, password, ca, cert, key } = access;
  const websocket = isWebsocket(access);
  return {
    clientId,
    clean: false,
    protocolVersion: version,
    reconnectOnConnackError: true,
    connectTimeout: 10_000,
    // We look at sessionPresent ourselves (MQTT.js#895).
    resubscribe: false,
    manualConnect: true,
    queueQoSZero: false,
    // Its debug lines cost more than a microsecond for each packet, also where nobody reads them.
    log: () => {},
    // A client id in the address would go before ours.
    query: {},
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
    ...(websocket && { wsOptions: { maxPayload: WEBSOCKET_MESSAGE_BYTES, perMessageDeflate: false } }),
    ...(version === 5 && {
      properties: {
        sessionExpiryInterval: SESSION_SECONDS,
        receiveMaximum,
        ...(websocket && { maximumPacketSize: WEBSOCKET_MESSAGE_BYTES }),
      },
    }),
  };
}
