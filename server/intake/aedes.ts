import type { Aedes, Client, PublishPacket } from 'aedes';

/** What aedes does for every packet and an intake has no use for. */

const EMPTY = Buffer.alloc(0);

interface IncomingStore {
  incomingStorePacket(client: Client, packet: PublishPacket): Promise<void>;
}

/**
 * Of a QoS 2 packet between PUBREC and PUBREL aedes needs only to know that it was there. Its payload, up to
 * 256 KiB for each of up to 1,000 packets a client, is left out of what it keeps.
 */
export function forgetPayloads(broker: Aedes): void {
  const { persistence } = broker as Aedes & { persistence: IncomingStore };
  const store = persistence.incomingStorePacket.bind(persistence);
  persistence.incomingStorePacket = (client, packet) => store(client, { ...packet, payload: EMPTY });
}

/** What aedes itself calls for a packet of a client; its types know only the form without one. */
type Deliver = (packet: PublishPacket, client: Client, done: (error?: Error) => void) => void;

/**
 * Looking for those who might want a packet costs more than all else that a broker does, and an intake seldom
 * has any. What the broker itself publishes goes its usual way.
 */
export function deliverOnlyIf(broker: Aedes, anyone: () => boolean): void {
  const usual = broker.publish.bind(broker) as (...of: unknown[]) => void;
  const deliver: Deliver = (packet, client, done) => {
    if (typeof client === 'object' && client !== null && !anyone()) done();
    else usual(packet, client, done);
  };
  Object.assign(broker, { publish: deliver });
}
