import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Certificates } from '../access/certificates.ts';
import type { IntakeLog } from './log.ts';

/** Whether devices show certificates of their own. */
export type ClientCertificates = 'none' | 'optional' | 'required';

export interface TlsOptions {
  /** 0: any free port. */
  port: number;
  certificates: Certificates;
  clientCertificates: ClientCertificates;
}

export interface TlsListener {
  port: number;
  close(): void;
}

interface ListenOptions extends TlsOptions {
  host: string;
  /** Connections that may wait to be accepted. */
  backlog: number;
  /** Called with each connection before its handshake; may end it. */
  onArrival(socket: Socket): void;
  /** Time that a client has for its handshake, ms. */
  handshakeMs: number;
  /** Called before anything that the client sends is read. @param name in its certificate; null: it showed none */
  onSocket(socket: TLSSocket, name: string | null): void;
  onRefused(why: string, from: string): void;
  log: IntakeLog;
}

/**
 * Listens for clients over TLS 1.2 or newer.
 * @throws Error when the port cannot be listened on
 */
export async function listenTls(options: ListenOptions): Promise<TlsListener> {
  const { certificates, clientCertificates, log, onRefused } = options;
  // Who resumes a session shows no certificate again, and one whose authority is gone would still come in.
  const afresh = clientCertificates === 'none' ? {} : { secureOptions: constants.SSL_OP_NO_TICKET };
  const server = createServer({
    ...certificates.context,
    ...afresh,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    handshakeTimeout: options.handshakeMs,
    requestCert: clientCertificates !== 'none',
    rejectUnauthorized: clientCertificates === 'required',
  });
  server.on('connection', options.onArrival);
  server.on('secureConnection', (socket) => {
    const name = certificateName(socket, clientCertificates);
    if (name instanceof Error) {
      onRefused(name.message, socket.remoteAddress ?? '');
      socket.destroy();
    } else options.onSocket(socket, name);
  });
  server.on('tlsClientError', (error, socket) =>
    onRefused(`no handshake: ${error.message}`, socket.remoteAddress ?? ''),
  );
  // A new context begins with the defaults again.
  const stopListening = certificates.onChange((context) =>
    server.setSecureContext({ ...context, ...afresh }),
  );
  server.listen({ port: options.port, host: options.host, backlog: options.backlog });
  await once(server, 'listening');
  server.on('error', (error) => log.error({ err: error }, 'mqtt: listener over TLS failed'));
  const { port } = server.address() as AddressInfo;
  log.info({ host: options.host, port }, 'mqtt: embedded broker listens over TLS');
  return {
    port,
    close() {
      stopListening();
      server.close();
    },
  };
}

/** The common name of the certificate that a client showed; an error where it showed one that is not good. */
function certificateName(socket: TLSSocket, wanted: ClientCertificates): string | null | Error {
  if (wanted === 'none') return null;
  const shown = socket.getPeerX509Certificate();
  if (!shown) return null;
  if (!socket.authorized)
    return new Error(`its certificate is not good: ${String(socket.authorizationError)}`);
  const [name, ...others] = [...shown.subject.matchAll(/^CN=(.+)$/gm)].map((match) => match[1] as string);
  if (name !== undefined && others.length === 0) return name;
  return new Error('its certificate has not one common name, which is to be the name of the device');
}
