import { expect, test } from 'vitest';
import { whyNot } from '../../server/intake/why-not.ts';

const fault = (message: string, code: string | number): Error => Object.assign(new Error(message), { code });
const plain = { url: 'mqtt://b' };
const encrypted = { url: 'mqtts://b' };

test.each([
  [
    fault('x', 'SELF_SIGNED_CERT_IN_CHAIN'),
    encrypted,
    /not signed by an authority that Node.js trusts .*set MQTT_CA/,
  ],
  [
    fault('x', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    { ...encrypted, ca: Buffer.from('a') },
    /authority in MQTT_CA/,
  ],
  [
    fault('Connection refused: Not authorized', 5),
    plain,
    /^Connection refused: Not authorized: see MQTT_USERNAME/,
  ],
  [fault('read ECONNRESET', 'ECONNRESET'), plain, /^read ECONNRESET: is that its port for TLS/],
  [fault('read ECONNRESET', 'ECONNRESET'), encrypted, /^read ECONNRESET$/],
  [fault('wrong version number', 'ERR_SSL_WRONG_VERSION_NUMBER'), encrypted, /without TLS/],
  [fault('', 'ECONNREFUSED'), plain, /^ECONNREFUSED$/],
])('%s', (error, access, words) => {
  expect(whyNot(error, access)).toMatch(words);
});
