import type { Carrier, DatedValue, Gateway, Meter, Node, VirtualMeter } from './meter.ts';
import type { Zone } from './time.ts';

/** An immutable view of the whole catalogue with the look-ups that every room needs. */
export class Estate {
  readonly zone: Zone;
  readonly nodes: readonly Node[];
  readonly meters: readonly Meter[];
  readonly gateways: readonly Gateway[];
  readonly virtuals: readonly VirtualMeter[];
  readonly #node = new Map<string, Node>();
  readonly #meter = new Map<string, Meter>();
  readonly #meterByNo: (Meter | undefined)[] = [];
  readonly #children = new Map<string | null, Node[]>();
  readonly #metersAt = new Map<string, Meter[]>();
  readonly #outermost = new Map<string, readonly Meter[]>();

  constructor(
    zone: Zone,
    nodes: readonly Node[],
    meters: readonly Meter[],
    gateways: readonly Gateway[] = [],
    virtuals: readonly VirtualMeter[] = [],
  ) {
    this.zone = zone;
    this.nodes = nodes;
    this.meters = meters;
    this.gateways = gateways;
    this.virtuals = virtuals;
    for (const node of nodes) {
      this.#node.set(node.id, node);
      push(this.#children, node.parent, node);
    }
    for (const meter of meters) {
      this.#meter.set(meter.id, meter);
      this.#meterByNo[meter.no] = meter;
      push(this.#metersAt, meter.node, meter);
    }
  }

  node(id: string): Node | undefined {
    return this.#node.get(id);
  }

  meter(id: string): Meter | undefined {
    return this.#meter.get(id);
  }

  meterByNo(no: number): Meter | undefined {
    return this.#meterByNo[no];
  }

  roots(): readonly Node[] {
    return this.#children.get(null) ?? [];
  }

  children(id: string): readonly Node[] {
    return this.#children.get(id) ?? [];
  }

  /** From the root down to the node itself. */
  path(id: string): Node[] {
    const out: Node[] = [];
    for (let n = this.#node.get(id); n; n = n.parent === null ? undefined : this.#node.get(n.parent)) {
      out.unshift(n);
    }
    return out;
  }

  /** The node and everything below it. */
  subtree(id: string): Node[] {
    const root = this.#node.get(id);
    if (!root) return [];
    const out = [root];
    for (let i = 0; i < out.length; i++) out.push(...this.children((out[i] as Node).id));
    return out;
  }

  /** Every meter at the node or below it. */
  metersBelow(id: string): Meter[] {
    return this.subtree(id).flatMap((n) => this.#metersAt.get(n.id) ?? []);
  }

  /**
   * The meters whose sum is the node's consumption of a carrier: those at the node or below it that have
   * no upstream meter of the same carrier inside the same subtree. Counting a sub-meter beside its main
   * would count its energy twice.
   */
  outermost(id: string, carrier: Carrier): readonly Meter[] {
    const key = `${carrier}\n${id}`;
    const known = this.#outermost.get(key);
    if (known) return known;
    const below = this.metersBelow(id).filter((m) => m.carrier === carrier);
    const inside = new Set(below.map((m) => m.id));
    const found = below.filter((m) => {
      for (let up = m.parent; up !== null; up = this.#meter.get(up)?.parent ?? null) {
        if (inside.has(up)) return false;
      }
      return true;
    });
    this.#outermost.set(key, found);
    return found;
  }

  /** Carriers that have at least one meter at the node or below it. */
  carriers(id: string): Carrier[] {
    return [...new Set(this.metersBelow(id).map((m) => m.carrier))];
  }

  /** The value of an attribute that holds at an instant, or null where none is set yet. */
  attribute(id: string, name: string, at: number): number | null {
    const values: readonly DatedValue[] = this.#node.get(id)?.attributes[name] ?? [];
    let found: number | null = null;
    for (const v of values) {
      const [y, m, d] = v.from.split('-').map(Number) as [number, number, number];
      if (this.zone.instant(Date.UTC(y, m - 1, d)) <= at) found = v.value;
    }
    return found;
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
