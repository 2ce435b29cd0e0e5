/**
 * The ceiling of an external broker: a subscriber that acknowledges and does nothing else, by MQTT.js or by hand
 * on a plain socket. Prints `ready` once it is subscribed, then how many messages it has had, 50 times a second.
 */
import { connect as dial } from 'node:net';
import { connectAsync } from 'mqtt';

const [mode, port] = [process.argv[2], Number(process.argv[3])];
const FILTER = 'meters/+/readings';
let count = 0;

async function byLibrary(): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    properties: { receiveMaximum: 1000 },
  });
  client.handleMessage = (_packet, next) => {
    count++;
    next();
  };
  await client.subscribeAsync(FILTER, { qos: 1 });
  process.stdout.write('ready\n');
}

function byHand(): void {
  const socket = dial(port, '127.0.0.1');
  socket.setNoDelay(true);
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const packet = (head: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([head, body.length]), body]);
  socket.write(packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 60]), text('raw')])));
  socket.write(packet(0x82, Buffer.concat([Buffer.from([0, 1]), text(FILTER), Buffer.from([1])])));
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const acknowledgements: number[] = [];
    let at = 0;
    for (;;) {
      // Messages here are shorter than 16 KiB: one or two bytes of length.
      if (bytes.length < at + 4) break;
      const low = bytes[at + 1] as number;
      const head = low < 128 ? 2 : 3;
      const length = low < 128 ? low : (low & 127) + 128 * (bytes[at + 2] as number);
      if (bytes.length < at + head + length) break;
      const type = (bytes[at] as number) >> 4;
      if (type === 3) {
        const id = at + head + 2 + bytes.readUInt16BE(at + head);
        acknowledgements.push(0x40, 2, bytes[id] as number, bytes[id + 1] as number);
        count++;
      } else if (type === 9) process.stdout.write('ready\n');
      at += head + length;
    }
    rest = bytes.subarray(at);
    if (acknowledgements.length > 0) socket.write(Buffer.from(acknowledgements));
  });
}

let told = 0;
setInterval(() => {
  if (count === told) return;
  told = count;
  process.stdout.write(`${count} ${Date.now()}\n`);
}, 20);
if (mode === 'raw') byHand();
else await byLibrary();
