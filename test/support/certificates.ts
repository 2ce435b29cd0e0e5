import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in PEM. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
export const FOR_SERVER = 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n';
export const FOR_CLIENT = 'extendedKeyUsage=clientAuth\n';

/** An authority that signs certificates, as files in a directory. */
export class Authority {
  readonly #directory: string;
  readonly #name: string;

  constructor(directory: string, name = 'ca') {
    this.#directory = directory;
    this.#name = name;
    const files = ['-keyout', this.#at(`${name}.key`), '-out', this.file];
    openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name} of the test`, ...files);
  }

  get file(): string {
    return this.#at(`${this.#name}.pem`);
  }

  get pem(): Buffer {
    return readFileSync(this.file);
  }

  /** @param subject such as `/CN=meter` */
  sign(name: string, subject: string, extension: string, days = 2): Certificates {
    const [cert, key] = [this.#at(`${name}.pem`), this.#at(`${name}.key`)];
    writeFileSync(this.#at(`${name}.ext`), extension);
    openssl('req', ...NEW_KEY, '-subj', subject, '-keyout', key, '-out', this.#at(`${name}.csr`));
    openssl(
      ...['x509', '-req', '-in', this.#at(`${name}.csr`), '-CA', this.file],
      ...['-CAkey', this.#at(`${this.#name}.key`), '-CAcreateserial', '-days', String(days)],
      ...['-extfile', this.#at(`${name}.ext`), '-out', cert],
    );
    return { ca: this.file, cert, key };
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}

function openssl(...line: string[]): void {
  execFileSync('openssl', line, { stdio: 'pipe' });
}
