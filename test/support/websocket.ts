import { type AddressInfo, connect } from 'node:net';
import { WebSocketServer } from 'ws';

export interface Bridge {
  port: number;
  stop(): Promise<void>;
}

/**
 * MQTT over websocket in front of a broker that speaks TCP only, as Debian's mosquitto does: what arrives on one
 * side goes out on the other, byte by byte, as a reverse proxy hands it on.
 */
export async function startBridge(brokerPort: number): Promise<Bridge> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'mqtt' });
  await new Promise<void>((go) => server.once('listening', () => go()));
  server.on('connection', (socket) => {
    const broker = connect({ port: brokerPort, host: '127.0.0.1', noDelay: true });
    socket.on('message', (data: Buffer) => broker.write(data));
    // What has been said before a close is still handed on.
    socket.on('close', () => broker.end());
    socket.on('error', () => broker.destroy());
    broker.on('data', (chunk) => {
      socket.send(chunk, () => broker.resume());
      if (socket.bufferedAmount > 1024 * 1024) broker.pause();
    });
    broker.on('close', () => socket.close());
    broker.on('error', () => socket.terminate());
  });
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const client of server.clients) client.terminate();
      await new Promise<void>((go) => server.close(() => go()));
    },
  };
}
