/** One value of one meter at one instant, as it stands in journal and time series. */
export interface Reading {
  /** `Meter.no` */
  meter: number;
  /** epoch ms */
  time: number;
  /** What the register shows, before the multiplier. */
  value: number;
  /** Bits of `FLAG`. */
  flags: number;
}

export const FLAG = {
  /** The device sent no time; the time is that of arrival. */
  arrivalTime: 1,
  /** Came from a file, not from a device. */
  imported: 2,
} as const;

/** Why something that arrived is not a reading, or not yet. Every word of it is shown to people. */
export const REASONS = [
  'broken_payload',
  'packet_too_large',
  'no_profile',
  'unknown_meter',
  'time_invalid',
  'time_ahead',
  'before_epoch',
  'value_invalid',
  'value_negative',
  'unit_mismatch',
  'conflict',
  'store_refused',
  'not_allowed',
] as const;
export type Reason = (typeof REASONS)[number];

/** Something that arrived and went to quarantine. */
export interface Reject {
  reason: Reason;
  /** One sentence in English that names the place: field, index, line. */
  detail: string;
  /** MQTT topic, or `file:line` of an import. */
  source: string;
  /**
   * What a retry decodes again. A `packet` goes through the profile of its topic; a `reading` is the JSON
   * {"meter","time","value"} of one reading out of a packet or file whose other readings were good.
   */
  kind: 'packet' | 'reading';
  payload: Uint8Array;
  meter: string | null;
  time: number | null;
  value: number | null;
  /** Arrival, epoch ms. */
  receivedAt: number;
}

/** How far ahead of the server's clock a reading may be. Source: the public contract. */
export const AHEAD_LIMIT_MS = 10 * 60_000;
/** Largest MQTT packet that is decoded. Source: the public contract. */
export const PACKET_LIMIT_BYTES = 256 * 1024;
