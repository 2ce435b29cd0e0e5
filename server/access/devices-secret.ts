import { createHash, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Without letters that are mistaken for digits: at a gateway in a cellar a secret is typed by hand. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const SECRET_LETTERS = 32;
/**
 * Iterations of mosquitto's own password files. They make guessing dear where people choose passwords; a secret of
 * 160 random bits is not guessed at any price.
 */
const MOSQUITTO_ITERATIONS = 101;
const MOSQUITTO_SALT_BYTES = 12;
const MOSQUITTO_KEY_BYTES = 64;

/** What is kept of a secret. */
export interface KnownBy {
  hash: string;
  brokerHash: string;
}

/** A new secret of 32 × 5 = 160 random bits, and what it is known by. */
export function newSecret(): KnownBy & { secret: string } {
  // 32 letters: five bits of each byte, every letter as likely as any other.
  const secret = Array.from(randomBytes(SECRET_LETTERS), (byte) => LETTERS[byte & 31]).join('');
  return {
    secret,
    hash: hashOf(secret).toString('hex'),
    brokerHash: mosquittoHash(secret, MOSQUITTO_ITERATIONS),
  };
}

/** SHA-256. */
export function hashOf(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** `$7$iterations$salt$key`, PBKDF2 with SHA-512 as mosquitto 2 has it. */
export function mosquittoHash(secret: string, iterations: number): string {
  const salt = randomBytes(MOSQUITTO_SALT_BYTES);
  const key = pbkdf2Sync(secret, salt, iterations, MOSQUITTO_KEY_BYTES, 'sha512');
  return `$7$${iterations}$${salt.toString('base64')}$${key.toString('base64')}`;
}
