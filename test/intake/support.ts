import { Estate } from '../../server/domain/estate.ts';
import type { Meter } from '../../server/domain/meter.ts';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { Zone } from '../../server/domain/time.ts';
import type { DecodeContext } from '../../server/intake/decode.ts';
import type { IntakeLog } from '../../server/intake/log.ts';
import type { Sink } from '../../server/intake/port.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';

export const SHANGHAI = new Zone('Asia/Shanghai');
/** 2026-11-21 12:00 in Shanghai. */
export const NOW = Date.UTC(2026, 10, 21, 4);

export type MeterInput = Partial<Meter> & { id: string; from?: number | null };

export function meter(no: number, input: MeterInput): Meter {
  const { from = null, ...rest } = input;
  return {
    no,
    name: input.id,
    node: 'gov',
    carrier: 'electricity',
    item: null,
    parent: null,
    register: 'cumulative',
    unit: 'kWh',
    intervalS: 900,
    intervalLabel: 'end',
    address: null,
    direction: 'in',
    volatile: false,
    learned: null,
    manual: [],
    estimates: [],
    epochs: [
      {
        from,
        to: null,
        initial: null,
        final: null,
        multiplier: 1,
        rolloverAt: null,
        maxRate: null,
        continues: false,
        note: null,
        recordedBy: null,
        recordedAt: null,
      },
    ],
    ...rest,
  };
}

export function estateOf(meters: readonly MeterInput[]): Estate {
  return new Estate(
    SHANGHAI,
    [],
    meters.map((m, i) => meter(i + 1, m)),
  );
}

export function contextOf(meters: readonly MeterInput[], profiles: readonly unknown[] = []): DecodeContext {
  return { estate: estateOf(meters), profiles: compileProfiles(profiles), now: NOW };
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A text of MQTT: its length in two bytes, then itself. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
}

/** A packet of MQTT: head, remaining length, body. */
export function packet(head: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; ; rest >>= 7) {
    if (rest < 128) return Buffer.concat([Buffer.of(head, ...length, rest), body]);
    length.push((rest & 127) | 128);
  }
}

export const silent: IntakeLog = { debug() {}, info() {}, warn() {}, error() {} };

/** Keeps what it is given in memory; `hold` makes appends wait, `fail` makes them fail. */
export class MemorySink implements Sink {
  readonly readings: Reading[] = [];
  readonly rejects: Reject[] = [];
  failing = false;
  appends = 0;
  #held: (() => void)[] | null = null;

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
  }

  async append(readings: readonly Reading[], rejects: readonly Reject[]): Promise<void> {
    this.appends++;
    const held = this.#held;
    if (held) await new Promise<void>((go) => held.push(go));
    if (this.failing) throw new Error('the disk is full');
    this.readings.push(...readings);
    this.rejects.push(...rejects);
  }
}

/** Waits until a condition holds. @throws Error when it does not within the deadline. */
export async function until(what: string, holds: () => boolean, deadlineMs = 60_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await new Promise((go) => setTimeout(go, 5));
  }
}
