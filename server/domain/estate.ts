import { Book, type BookCarrier } from './book.ts';
import { type Booked, bookedBelow } from './booked.ts';
import { type Classification, UNCLASSIFIED } from './classification.ts';
import type { Carrier, DatedValue, Gateway, Meter, Node, VirtualMeter } from './meter.ts';
import type { Zone } from './time.ts';

/** A metering point: a device, or a sum and difference of others. */
export type AnyMeter = Meter | VirtualMeter;

/** A meter in a sum, with how often it counts; below 0: subtracted. Never 0. */
export interface Term {
  meter: Meter;
  factor: number;
}

export function isVirtual(meter: AnyMeter): meter is VirtualMeter {
  return 'plus' in meter;
}

/** Cuts of one estate that are kept; people with the same reach share one. */
const CUTS = 256;

/** An immutable view of the whole catalogue with the look-ups that every room needs. */
export class Estate {
  readonly zone: Zone;
  readonly nodes: readonly Node[];
  readonly meters: readonly Meter[];
  readonly gateways: readonly Gateway[];
  readonly virtuals: readonly VirtualMeter[];
  /** What people entered of its nodes (台账). */
  readonly book: Book;
  readonly #node = new Map<string, Node>();
  readonly #meter = new Map<string, Meter>();
  readonly #gateway = new Map<string, Gateway>();
  readonly #meterByNo: (Meter | undefined)[] = [];
  readonly #children = new Map<string | null, Node[]>();
  readonly #metersAt = new Map<string, Meter[]>();
  readonly #virtual = new Map<string, VirtualMeter>();
  readonly #virtualsAt = new Map<string, VirtualMeter[]>();
  readonly #downstream = new Map<string | null, AnyMeter[]>();
  readonly #terms = new Map<string, readonly Term[]>();
  readonly #outermost = new Map<string, readonly AnyMeter[]>();
  readonly #booked = new Map<string, ReadonlyMap<BookCarrier, readonly Booked[]>>();
  readonly #cuts = new Map<string, Estate>();
  /** The whole that this is cut from: what holds from above, and parts of virtual meters, are found there. */
  readonly #whole: Estate | null;

  constructor(
    zone: Zone,
    nodes: readonly Node[],
    meters: readonly Meter[],
    gateways: readonly Gateway[] = [],
    virtuals: readonly VirtualMeter[] = [],
    book: Book = new Book(),
    whole: Estate | null = null,
  ) {
    this.#whole = whole;
    this.zone = zone;
    this.nodes = nodes;
    this.meters = meters;
    this.gateways = gateways;
    this.virtuals = virtuals;
    this.book = book;
    for (const node of nodes) {
      this.#node.set(node.id, node);
      push(this.#children, node.parent, node);
    }
    for (const gateway of gateways) this.#gateway.set(gateway.id, gateway);
    for (const meter of meters) {
      this.#meter.set(meter.id, meter);
      this.#meterByNo[meter.no] = meter;
      push(this.#metersAt, meter.node, meter);
      push(this.#downstream, meter.parent, meter);
    }
    for (const virtual of virtuals) {
      this.#virtual.set(virtual.id, virtual);
      push(this.#virtualsAt, virtual.node, virtual);
      push(this.#downstream, virtual.parent, virtual);
    }
  }

  /** The same estate with another book. */
  withBook(book: Book): Estate {
    const next = new Estate(this.zone, this.nodes, this.meters, this.gateways, this.virtuals, book);
    // What was found among the meters stays found: people type into the book by the hundred.
    for (const [key, terms] of this.#terms) next.#terms.set(key, terms);
    for (const [key, meters] of this.#outermost) next.#outermost.set(key, meters);
    return next;
  }

  /**
   * The estate as somebody sees it who may look at these nodes and what is below them: other nodes and meters do
   * not exist in it, so that no list and no sum can hold them. The figures of what is left are those of the whole:
   * what is decided above still holds, a virtual meter keeps its parts, and the meters are the same objects.
   * @param ids those that there are not any more are passed over
   */
  cut(ids: readonly string[]): Estate {
    const key = JSON.stringify([...ids].sort());
    const known = this.#cuts.get(key);
    if (known) return known;
    const kept = new Set(ids.flatMap((id) => this.subtree(id).map((n) => n.id)));
    const isKept = (of: { node: string }): boolean => kept.has(of.node);
    const cut = new Estate(
      this.zone,
      this.nodes.flatMap((n) => {
        if (!kept.has(n.id)) return [];
        return n.parent === null || kept.has(n.parent) ? [n] : [{ ...n, parent: null }];
      }),
      this.meters.filter(isKept),
      this.gateways.filter(({ node }) => node !== null && kept.has(node)),
      this.virtuals.filter(isKept),
      this.book,
      this,
    );
    if (this.#cuts.size >= CUTS) this.#cuts.clear();
    this.#cuts.set(key, cut);
    return cut;
  }

  node(id: string): Node | undefined {
    return this.#node.get(id);
  }

  meter(id: string): Meter | undefined {
    return this.#meter.get(id);
  }

  gateway(id: string): Gateway | undefined {
    return this.#gateway.get(id);
  }

  meterByNo(no: number): Meter | undefined {
    return this.#meterByNo[no];
  }

  virtual(id: string): VirtualMeter | undefined {
    return this.#virtual.get(id);
  }

  /** A meter that somebody named in what is decided for a node that is seen, wherever it stands. */
  named(id: string): AnyMeter | undefined {
    if (this.#whole) return this.#whole.named(id);
    return this.#meter.get(id) ?? this.#virtual.get(id);
  }

  /** The meters whose upstream meter this is; those of a meter that is seen may stand where nothing is. */
  downstream(id: string): readonly AnyMeter[] {
    if (this.#whole && (this.#meter.has(id) || this.#virtual.has(id))) return this.#whole.downstream(id);
    return this.#downstream.get(id) ?? [];
  }

  /**
   * A meter resolved into real ones, however deep its parts are virtual themselves: each real one once, with
   * how often it counts; what cancels out is not there. A real meter is itself, whatever its direction.
   * @throws where the id, or a part, is no meter, and where a virtual meter is part of itself
   */
  terms(id: string): readonly Term[] {
    return this.#whole ? this.#whole.terms(id) : this.#resolve(id, new Set());
  }

  #resolve(id: string, within: Set<string>): readonly Term[] {
    const known = this.#terms.get(id);
    if (known) return known;
    const meter = this.#meter.get(id);
    const virtual = this.#virtual.get(id);
    if (within.has(id)) throw new Error(`virtual meter ${JSON.stringify(id)} is part of itself`);
    if (!meter && !virtual) throw new Error(`no meter ${JSON.stringify(id)}`);
    const factors = new Map<Meter, number>();
    if (meter) factors.set(meter, 1);
    within.add(id);
    const add = (part: string, sign: 1 | -1): void => {
      for (const t of this.#resolve(part, within)) {
        factors.set(t.meter, (factors.get(t.meter) ?? 0) + sign * t.factor);
      }
    };
    for (const part of virtual?.plus ?? []) add(part, 1);
    for (const part of virtual?.minus ?? []) add(part, -1);
    within.delete(id);
    const terms = [...factors].flatMap(([meter, factor]) => (factor === 0 ? [] : [{ meter, factor }]));
    this.#terms.set(id, terms);
    return terms;
  }

  roots(): readonly Node[] {
    return this.#children.get(null) ?? [];
  }

  children(id: string): readonly Node[] {
    return this.#children.get(id) ?? [];
  }

  /** From the root down to the node itself. */
  path(id: string): Node[] {
    if (this.#whole) return this.#whole.path(id);
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

  /** How many institutions are at a node and below it, also where what is seen is only a part of them. */
  institutionsBehind(id: string): number {
    if (this.#whole) return this.#whole.institutionsBehind(id);
    return this.subtree(id).filter((n) => n.kind === 'institution').length;
  }

  /** Every meter at the node or below it. */
  metersBelow(id: string): Meter[] {
    return this.subtree(id).flatMap((n) => this.#metersAt.get(n.id) ?? []);
  }

  /** The meters, virtual ones among them, that stand at the node itself. */
  metersAt(id: string): AnyMeter[] {
    // The weather is measured at a node above.
    if (this.#whole) return this.#whole.metersAt(id);
    return [...(this.#metersAt.get(id) ?? []), ...(this.#virtualsAt.get(id) ?? [])];
  }

  /** Every virtual meter at the node or below it. */
  virtualsBelow(id: string): VirtualMeter[] {
    return this.subtree(id).flatMap((n) => this.#virtualsAt.get(n.id) ?? []);
  }

  /**
   * The meters, virtual ones among them, whose sum is the node's consumption of a carrier: those at the node
   * or below it that are not counted within another of them. Those that count what is fed back
   * (`direction: 'out'`) are subtracted in that sum.
   */
  outermost(id: string, carrier: Carrier): readonly AnyMeter[] {
    const key = `${carrier}\n${id}`;
    const known = this.#outermost.get(key);
    if (known) return known;
    const below = [...this.metersBelow(id), ...this.virtualsBelow(id)];
    const found = this.topmost(below.filter((m) => m.carrier === carrier));
    this.#outermost.set(key, found);
    return found;
  }

  /**
   * Those of the meters that are not counted within another of them. Counting a sub-meter beside its main
   * would count its energy twice, and so would a virtual meter beside what it adds up: it counts only where
   * its parts are elsewhere, or downstream of it.
   */
  topmost(meters: readonly AnyMeter[]): readonly AnyMeter[] {
    const inside = new Set(meters.map((m) => m.id));
    return meters.filter((m) => {
      if (this.#upstream(m.id).some((up) => inside.has(up))) return false;
      if (!isVirtual(m)) return true;
      return this.terms(m.id).every(({ meter, factor }) => {
        const chain = [meter.id, ...this.#upstream(meter.id)];
        return factor < 0 || chain.includes(m.id) || !chain.some((id) => inside.has(id));
      });
    });
  }

  /** The meters upstream of one, the nearest first. */
  #upstream(id: string): string[] {
    const out: string[] = [];
    for (let at = this.#parent(id); at !== null; at = this.#parent(at)) out.push(at);
    return out;
  }

  #parent(id: string): string | null {
    if (this.#whole) return this.#whole.#parent(id);
    return (this.#meter.get(id) ?? this.#virtual.get(id))?.parent ?? null;
  }

  /** What is booked at the node or below it and no meter counts, by carrier; see `bookedBelow`. */
  booked(id: string): ReadonlyMap<BookCarrier, readonly Booked[]> {
    const found = this.#booked.get(id) ?? bookedBelow(this, id);
    this.#booked.set(id, found);
    return found;
  }

  /** Carriers that have at least one meter at the node or below it. */
  carriers(id: string): Carrier[] {
    return [...new Set([...this.metersBelow(id), ...this.virtualsBelow(id)].map((m) => m.carrier))];
  }

  /** What kind of institution a node is: what it says itself, or else the nearest node above that says it. */
  classification(id: string): Classification {
    const out = { ...UNCLASSIFIED };
    for (const { classification } of this.path(id)) {
      out.type = classification?.type ?? out.type;
      out.level = classification?.level ?? out.level;
      out.zone = classification?.zone ?? out.zone;
      out.region = classification?.region ?? out.region;
    }
    return out;
  }

  /** The value of an attribute that holds at an instant, or null where none is set yet. */
  attribute(id: string, name: string, at: number): number | null {
    const values: readonly DatedValue[] = (this.#whole ?? this).#node.get(id)?.attributes[name] ?? [];
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
