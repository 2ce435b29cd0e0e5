import { Estate } from '../../server/domain/estate.ts';
import type { Meter, Node, VirtualMeter } from '../../server/domain/meter.ts';
import { Zone } from '../../server/domain/time.ts';

/** A virtual meter of electricity at the campus with the given differences. */
export function virtual(differences: Partial<VirtualMeter> & { id: string }): VirtualMeter {
  return {
    name: differences.id,
    node: 'campus',
    carrier: 'electricity',
    item: null,
    parent: null,
    plus: [],
    minus: [],
    ...differences,
  };
}

/** A campus with the buildings a and b. */
export function campus(meters: Meter[], virtuals: VirtualMeter[] = [], zone = 'Asia/Shanghai'): Estate {
  const node = (id: string, parent: string | null): Node => ({
    id,
    name: id,
    kind: 'building',
    parent,
    attributes: {},
  });
  const nodes = [node('campus', null), node('a', 'campus'), node('b', 'campus')];
  return new Estate(new Zone(zone), nodes, meters, [], virtuals);
}
