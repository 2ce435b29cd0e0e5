import { Estate } from '../../server/domain/estate.ts';
import type { Epoch, Meter } from '../../server/domain/meter.ts';
import { Zone } from '../../server/domain/time.ts';

/** A metering point with the given differences from a plain 15-minute kWh register. */
export function meter(differences: Partial<Meter> & { epoch?: Partial<Epoch> } = {}): Meter {
  const { epoch, ...rest } = differences;
  const no = rest.no ?? 1;
  return {
    no,
    id: `m${no}`,
    name: `meter ${no}`,
    node: 'b',
    address: null,
    carrier: 'electricity',
    item: null,
    parent: null,
    register: 'cumulative',
    unit: 'kWh',
    intervalS: 900,
    intervalLabel: 'start',
    direction: 'in',
    volatile: false,
    learned: null,
    manual: [],
    estimates: [],
    epochs: [
      {
        from: null,
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
        ...epoch,
      },
    ],
    ...rest,
  };
}

export function estate(meters: Meter[], zone = 'Asia/Shanghai'): Estate {
  return new Estate(
    new Zone(zone),
    [{ id: 'b', name: 'b', kind: 'building', parent: null, attributes: {} }],
    meters,
  );
}
