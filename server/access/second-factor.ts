import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** RFC 6238 as every authenticator app has it: SHA-1, 30 s, six digits. */
const STEP_S = 30;
const DIGITS = 6;
const SECRET_BYTES = 20;
const CODES = 10;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** RFC 4648 without padding, as apps take it. */
export function base32(bytes: Uint8Array): string {
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((g) => BASE32[Number.parseInt(g.padEnd(5, '0'), 2)]).join('');
}

/** What an app reads from the QR code. */
export function otpauth(secret: Uint8Array, account: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const query = new URLSearchParams({ secret: base32(secret), issuer, digits: String(DIGITS) });
  return `otpauth://totp/${label}?${query}`;
}

/** The code of a step, RFC 4226 section 5.3. */
function codeOf(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac[mac.length - 1] as number) & 0xf;
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

/**
 * The step that a code belongs to, of the present one and its neighbours; a code works once, so it must be later
 * than the last one that was used. Null: it is none of them.
 */
export function stepOfCode(secret: Uint8Array, code: string, now: number, lastUsed: number): number | null {
  const present = Math.floor(now / 1000 / STEP_S);
  for (const step of [present - 1, present, present + 1]) {
    if (step > lastUsed && codeOf(secret, step) === code) return step;
  }
  return null;
}

/** For tests and for whoever has no app at hand: the code of an instant, epoch ms. */
export function codeAt(secret: Uint8Array, now: number): string {
  return codeOf(secret, Math.floor(now / 1000 / STEP_S));
}

/**
 * Ten codes for when the telephone is lost, 120 bits each, `abcdef-ghijkl-mnopqr-stuvwx`: so many that they need no
 * slow hash (OWASP ASVS 5.0, 6.5.2 asks for 112).
 */
export function newBackupCodes(): string[] {
  return Array.from({ length: CODES }, () => {
    const text = base32(randomBytes(15)).toLowerCase();
    return text.replaceAll(/(.{6})(?=.)/g, '$1-');
  });
}

/** What is kept of a backup code. */
export function backupCodeHash(person: string, code: string): string {
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '');
  return createHash('sha256').update(`${person}\0${plain}`).digest('hex');
}

/** Keeps secrets unreadable for whoever has only the catalogue. */
export class Seal {
  readonly #key: Buffer;

  /** @param file of the key, made where there is none. @throws where it is there and is no key */
  constructor(file: string) {
    if (!existsSync(file)) {
      const fd = openSync(file, 'wx', 0o600);
      try {
        writeSync(fd, randomBytes(KEY_BYTES));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
    this.#key = readFileSync(file);
    if (this.#key.length !== KEY_BYTES) throw new Error(`${file}: must be a key of ${KEY_BYTES} bytes`);
    chmodSync(file, 0o600);
  }

  /** @param of what the secret belongs to; sealed for one it opens for no other */
  close(secret: Uint8Array, of: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(of));
    const body = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64');
  }

  /** Null: it was sealed with another key. */
  open(sealed: string, of: string): Buffer | null {
    const bytes = Buffer.from(sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(of))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const body = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([body, decipher.final()]);
    } catch {
      return null;
    }
  }
}
