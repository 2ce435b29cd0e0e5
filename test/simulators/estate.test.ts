import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { UNCLASSIFIED } from '../../server/domain/classification.ts';
import { Estate } from '../../server/domain/estate.ts';
import { Zone } from '../../server/domain/time.ts';
import { demoEstate, pointsOf } from '../../simulators/estate.ts';
import { LoadModel, ORIGIN } from '../../simulators/model/model.ts';

const file = demoEstate();
const zone = new Zone(file.timezone);
const estate = new Estate(
  zone,
  file.nodes.map((n) => ({
    ...n,
    parent: n.parent ?? null,
    attributes: n.attributes ?? {},
    classification: { ...UNCLASSIFIED, ...n.classification },
  })),
  file.meters.map((m, no) => ({
    ...m,
    no,
    item: m.item ?? null,
    parent: m.parent ?? null,
    intervalS: m.interval_s,
    intervalLabel: 'start',
    address: null,
    direction: 'in',
    volatile: false,
    learned: null,
    manual: [],
    estimates: [],
    epochs: [],
  })),
);

describe('the demo estate', () => {
  it('has the sites, institutions and carriers that it promises', () => {
    const area = (id: string) => file.nodes.find((n) => n.id === id)?.attributes?.floor_area_m2?.[0]?.value;
    expect(area('gov')).toBe(47_000);
    expect(area('cul')).toBe(78_000);
    expect(file.nodes.find((n) => n.id === 'square')?.attributes?.site_area_m2?.[0]?.value).toBe(45_000);
    expect(file.nodes.filter((n) => n.kind === 'institution')).toHaveLength(6);
    expect(file.meters).toHaveLength(119);
    expect([...new Set(file.meters.map((m) => m.carrier))].sort()).toEqual([
      'electricity',
      'gas',
      'heat',
      'outdoor_temperature',
      'water',
    ]);
  });

  it('is taken by the catalogue as it is', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'jieneng-estate-'));
    const catalogue = openCatalogue(join(dir, 'catalogue.db'));
    try {
      // 32 nodes, 119 meters, 3 gateways.
      expect(catalogue.applyEstate(file, 'test')).toMatchObject({ created: 32 + 119 + 3, unchanged: 0 });
      expect(catalogue.applyEstate(file, 'test')).toMatchObject({ created: 0, updated: 0 });
    } finally {
      catalogue.close();
      await rm(dir, { recursive: true });
    }
  });

  it('refers only to what it contains, and to each id once', () => {
    const nodes = new Set(file.nodes.map((n) => n.id));
    const meters = new Map(file.meters.map((m) => [m.id, m]));
    expect(nodes.size).toBe(file.nodes.length);
    expect(meters.size).toBe(file.meters.length);
    for (const n of file.nodes) if (n.parent) expect(nodes, n.id).toContain(n.parent);
    for (const m of file.meters) {
      expect(nodes, m.id).toContain(m.node);
      expect(m.id).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
      if (m.parent) expect(meters.get(m.parent)?.carrier, m.id).toBe(m.carrier);
    }
  });

  it('splits the area of a building into its parts', () => {
    const area = (id: string): number => estate.node(id)!.attributes.floor_area_m2?.[0]?.value ?? 0;
    for (const building of ['gov', 'cul']) {
      const parts = estate.children(building).reduce((sum, n) => sum + area(n.id), 0);
      expect(parts, building).toBe(area(building));
    }
    // 47,000 + 78,000
    expect(area('centre')).toBe(125_000);
  });

  it('gives a building the meter at its inlet, and an institution the meters of its floors', () => {
    const outermost = (id: string) => estate.outermost(id, 'electricity').map((m) => m.id);
    expect(outermost('centre')).toEqual(['gov-main', 'cul-main', 'square-main']);
    expect(outermost('gov')).toEqual(['gov-main']);
    expect(outermost('gov-plan').sort()).toEqual(['gov-f6-ac', 'gov-f6-light', 'gov-f7-ac', 'gov-f7-light']);
    expect(outermost('archive')).toEqual(['archive-main']);
    for (const n of file.nodes.filter((node) => node.kind === 'institution')) {
      for (const carrier of ['electricity', 'water', 'heat'] as const) {
        expect(estate.outermost(n.id, carrier).length, `${n.id} ${carrier}`).toBeGreaterThan(0);
      }
    }
  });

  it('uses in a year what such buildings use', () => {
    const points = pointsOf(file);
    const model = new LoadModel(points, 1, zone);
    const total = (id: string) => model.total(points.findIndex((p) => p.id === id));
    model.advance(ORIGIN + 365 * 86_400_000);
    // kWh/m² of the main building
    expect(total('gov-main') / 47_000).toBeGreaterThan(80);
    expect(total('gov-main') / 47_000).toBeLessThan(110);
    // m³ a person
    expect(total('gov-w-main') / 1850).toBeGreaterThan(12);
    expect(total('gov-w-main') / 1850).toBeLessThan(30);
    const first = points.map((_, i) => model.total(i));
    model.advance(ORIGIN + 2 * 365 * 86_400_000);
    const main = points.findIndex((p) => p.id === 'gov-main');
    const change = model.total(main) / first[main]! - 2;
    expect(change).toBeGreaterThan(-0.06);
    expect(change).toBeLessThan(-0.01);
  });

  it('keeps every load below the highest plausible rate', () => {
    const points = pointsOf(file);
    for (const seed of [1, 2]) {
      const model = new LoadModel(points, seed, zone);
      const peak = points.map(() => 0);
      for (let at = ORIGIN; at < ORIGIN + 366 * 86_400_000; at += 900_000) {
        model.advance(at);
        for (let i = 0; i < points.length; i++) peak[i] = Math.max(peak[i]!, model.rate(i));
      }
      file.meters.forEach((m, i) => {
        if (m.max_rate !== undefined) expect(peak[i]!, m.id).toBeLessThan(m.max_rate);
      });
    }
  });

  it('gives any other estate an ordinary load and refuses what cannot be simulated', () => {
    const other = demoEstate();
    other.meters = [
      {
        id: 'x',
        name: 'x',
        node: 'gov',
        carrier: 'electricity',
        register: 'power',
        unit: 'kW',
        interval_s: 60,
      },
    ];
    const points = pointsOf(other);
    expect(points[0]?.gateway).toBe('gw-gov');
    // Its own gateways are taken: the nearest above the meter, and none for what is below none.
    other.gateways = [{ id: 'box', name: 'box', node: 'gov' }];
    expect(pointsOf(other)[0]?.gateway).toBe('box');
    other.gateways = [{ id: 'box', name: 'box', node: 'elsewhere' }];
    expect(pointsOf(other)[0]?.gateway).toBe('');
    const same = demoEstate();
    same.gateways = [{ id: 'box', name: 'box', node: 'gov' }];
    expect(pointsOf(same).find((p) => p.id === 'gov-main')?.gateway).toBe('box');
    const model = new LoadModel(points, 1, zone);
    model.advance(ORIGIN + 36 * 3_600_000);
    expect(model.value(0)).toBeGreaterThan(0);
    other.meters[0]!.register = 'interval';
    expect(() => new LoadModel(pointsOf(other), 1, zone)).toThrow('meter x: an interval register');
  });
});
