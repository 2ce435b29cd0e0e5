import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Files in PEM. */
export interface CertificateFiles {
  /** Ours, and behind it those that signed it. */
  cert: string;
  /** Its key, without a passphrase. */
  key: string;
  /** The authorities of client certificates; null: clients show none. */
  clientCa: string | null;
}

/** What a TLS listener is made of. */
export interface SecureContext {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
  minVersion: 'TLSv1.2';
}

/** What people should know of the certificate. */
export interface CertificateState {
  subject: string;
  /** epoch ms */
  validTo: number;
  /** Whole days; below 0: it is over. */
  daysLeft: number;
  /** Why files that have changed are not in use; null: what is in the files is. */
  error: string | null;
}

/** The files cannot be used; the message names the one at fault. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export interface CertificatesOptions {
  files: CertificateFiles;
  /** epoch ms */
  now(): number;
  log: { info(fields: object, message: string): void; error(fields: object, message: string): void };
  /** How often the files are looked at, ms. */
  lookMs?: number;
}

const LOOK_MS = 5000;
const DAY_MS = 86_400_000;

/**
 * Certificate and key of our listeners, read again when the files change: connections that stand go on, new ones get
 * the new certificate. Files that cannot be used leave the one before in use, and are looked at again.
 */
export class Certificates {
  readonly #of: CertificatesOptions;
  readonly #listeners = new Set<(context: SecureContext) => void>();
  #context: SecureContext;
  #certificate: X509Certificate;
  #seen: string;
  #error: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @throws CertificateError where the files cannot be used */
  constructor(options: CertificatesOptions) {
    this.#of = options;
    this.#seen = stampOf(options.files);
    ({ context: this.#context, certificate: this.#certificate } = read(options.files));
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), this.#of.lookMs ?? LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  get context(): SecureContext {
    return this.#context;
  }

  /** Calls the listener with each new certificate. @returns the way to stop it */
  onChange(listener: (context: SecureContext) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  state(): CertificateState {
    const validTo = Date.parse(this.#certificate.validTo);
    return {
      subject: this.#certificate.subject.replaceAll('\n', ', '),
      validTo,
      daysLeft: Math.floor((validTo - this.#of.now()) / DAY_MS),
      error: this.#error,
    };
  }

  /** Reads the files where they have changed, or could not be used when they did. */
  look(): void {
    const stamp = stampOf(this.#of.files);
    if (stamp === this.#seen && this.#error === null) return;
    this.#seen = stamp;
    this.reload();
  }

  /** Reads the files whatever has become of them. */
  reload(): void {
    const { files, log, now } = this.#of;
    try {
      const { context, certificate } = read(files);
      const wrong = untimely(certificate, now());
      if (wrong !== null && untimely(this.#certificate, now()) === null) {
        throw new CertificateError(`${files.cert}: ${wrong}`);
      }
      const isNew = !same(context, this.#context);
      this.#error = null;
      if (!isNew) return;
      this.#context = context;
      this.#certificate = certificate;
      for (const listener of this.#listeners) listener(context);
      log.info({ subject: certificate.subject, valid_to: certificate.validTo }, 'certificate: read again');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#error) log.error({ why }, 'certificate: the new files cannot be used, the old stay');
      this.#error = why;
    }
  }
}

/** Why nobody would take a certificate today; null: it is its time. */
function untimely({ validFrom, validTo }: X509Certificate, now: number): string | null {
  if (Date.parse(validTo) <= now) return `ended on ${validTo}`;
  return Date.parse(validFrom) > now ? `is good from ${validFrom} on` : null;
}

function read({ cert, key, clientCa }: CertificateFiles): {
  context: SecureContext;
  certificate: X509Certificate;
} {
  const certBytes = bytesOf(cert);
  const keyBytes = bytesOf(key);
  const certificate = naming(cert, 'is no certificate in PEM', () => new X509Certificate(certBytes));
  const privateKey = naming(key, 'is no private key in PEM without a passphrase', () =>
    createPrivateKey(keyBytes),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateError(`${key}: is not the key of the certificate ${cert}`);
  }
  const context: SecureContext = { cert: certBytes, key: keyBytes, minVersion: 'TLSv1.2' };
  if (clientCa !== null) {
    context.ca = bytesOf(clientCa);
    naming(clientCa, 'is no certificate in PEM', () => new X509Certificate(context.ca as Buffer));
  }
  // What OpenSSL refuses beside that: a key that is too short, a chain that is none.
  naming(cert, 'cannot be used', () => createSecureContext(context));
  return { context, certificate };
}

function bytesOf(file: string): Buffer {
  return naming(file, 'cannot be read', () => readFileSync(file));
}

function naming<T>(file: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CertificateError(`${file}: ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Another one when a file was written or another put in its place, also behind a symbolic link. */
function stampOf({ cert, key, clientCa }: CertificateFiles): string {
  const stamps = [cert, key, clientCa].map((file) => {
    const stat = file === null ? undefined : statSync(file, { throwIfNoEntry: false });
    return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}` : '';
  });
  return stamps.join('|');
}

function same(a: SecureContext, b: SecureContext): boolean {
  const isSame = (x: Buffer | undefined, y: Buffer | undefined): boolean =>
    x === undefined || y === undefined ? x === y : x.equals(y);
  return isSame(a.cert, b.cert) && isSame(a.key, b.key) && isSame(a.ca, b.ca);
}
