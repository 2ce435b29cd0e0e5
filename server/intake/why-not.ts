import type { BrokerAccess } from './access.ts';

/** What TLS says of a certificate whose authority it does not know. */
const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);
/** Of CONNACK, 3.1.1 and 5: bad user name or password, not authorised. */
const TURNED_AWAY = new Set([4, 5, 0x86, 0x87]);

/** Why a broker is not reached, with the setting that has to do with it. */
export function whyNot(error: Error, { url, ca }: Pick<BrokerAccess, 'url' | 'ca'>): string {
  const code: unknown = 'code' in error ? error.code : undefined;
  const isEncrypted = /^(mqtts|wss):/.test(url);
  if (typeof code === 'string' && UNKNOWN_AUTHORITY.has(code)) {
    return ca
      ? `its certificate is not signed by the authority in MQTT_CA (${code})`
      : `its certificate is not signed by an authority that Node.js trusts (${code}): set MQTT_CA to that of the broker`;
  }
  if (typeof code === 'number' && TURNED_AWAY.has(code)) {
    return `${error.message}: see MQTT_USERNAME and MQTT_PASSWORD, MQTT_CERT, and the broker's log`;
  }
  if (code === 'ECONNRESET' && !isEncrypted)
    return `${error.message}: is that its port for TLS (mqtts, wss)?`;
  if ((code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') && isEncrypted) {
    return `${error.message}: is that its port without TLS (mqtt, ws)?`;
  }
  return error.message || String(code ?? error.name);
}
