import { type DecodeContext, decode } from './decode.ts';
import type { IntakeLog } from './log.ts';
import { type Decoded, type Packet, refused } from './packet.ts';

/**
 * `decode` with a last resort: an error in our own code must neither lose the packet nor make its sender
 * repeat it for ever, so the packet goes to quarantine and the error to the log.
 */
export function safeDecode(packet: Packet, arrival: number, context: DecodeContext, log: IntakeLog): Decoded {
  try {
    return decode(packet, arrival, context);
  } catch (error) {
    log.error({ err: error, topic: packet.topic }, 'intake: a packet could not be decoded');
    const why = error instanceof Error ? error.message : String(error);
    return refused('broken_payload', `payload: ${why.slice(0, 200)}`, packet.topic, packet.payload, arrival);
  }
}
