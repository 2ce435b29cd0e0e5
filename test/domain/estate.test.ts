import { describe, expect, test } from 'vitest';
import type { Estate } from '../../server/domain/estate.ts';
import type { Carrier, Meter } from '../../server/domain/meter.ts';
import { meter } from '../support/estate.ts';
import { campus as of, virtual } from '../support/metering.ts';

let no = 0;
const real = (id: string, at: string, differences: Partial<Meter> = {}): Meter =>
  meter({ no: ++no, id, node: at, ...differences });

const terms = (estate: Estate, id: string): [string, number][] =>
  estate.terms(id).map((t) => [t.meter.id, t.factor]);
const outermost = (estate: Estate, at: string, carrier: Carrier = 'electricity'): string[] =>
  estate.outermost(at, carrier).map((m) => m.id);

describe('terms', () => {
  const meters = [real('main', 'campus'), real('x', 'a'), real('y', 'a'), real('z', 'b')];

  test('a real meter is itself, also one that counts what is fed back', () => {
    const estate = of([real('grid', 'campus', { direction: 'out' })]);
    expect(terms(estate, 'grid')).toEqual([['grid', 1]]);
  });

  test('nested: main − (x + y) − z', () => {
    const estate = of(meters, [
      virtual({ id: 'rest', plus: ['main'], minus: ['xy', 'z'] }),
      virtual({ id: 'xy', plus: ['x', 'y'] }),
    ]);
    expect(terms(estate, 'rest')).toEqual([
      ['main', 1],
      ['x', -1],
      ['y', -1],
      ['z', -1],
    ]);
  });

  test('a minus within a minus is a plus, what cancels out is gone, what comes twice counts twice', () => {
    const estate = of(meters, [
      virtual({ id: 'p', plus: ['main'], minus: ['x', 'y'] }),
      // main − (main − x − y) = x + y
      virtual({ id: 'back', plus: ['main'], minus: ['p'] }),
      // (x + y) + x
      virtual({ id: 'twice', plus: ['back', 'x'] }),
      virtual({ id: 'nothing', plus: ['x'], minus: ['x'] }),
    ]);
    expect(terms(estate, 'back')).toEqual([
      ['x', 1],
      ['y', 1],
    ]);
    expect(terms(estate, 'twice')).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
    expect(terms(estate, 'nothing')).toEqual([]);
  });

  test('a hundred levels that each use the one below twice over are resolved once each', () => {
    const chain = Array.from({ length: 100 }, (_, i) =>
      virtual({
        id: `v${i}`,
        plus: i === 0 ? ['main', 'x'] : [`v${i - 1}`, 'x'],
        minus: i === 0 ? [] : ['y'],
      }),
    );
    // x once at each of 100 levels, y at 99
    expect(terms(of(meters, chain), 'v99')).toEqual([
      ['main', 1],
      ['x', 100],
      ['y', -99],
    ]);
  });

  test('what is no meter, or part of itself, is named', () => {
    const estate = of(meters, [
      virtual({ id: 'l1', plus: ['l2'] }),
      virtual({ id: 'l2', plus: ['l1'] }),
      virtual({ id: 'lost', plus: ['nowhere'] }),
    ]);
    expect(() => estate.terms('l1')).toThrow('virtual meter "l1" is part of itself');
    expect(() => estate.terms('lost')).toThrow('no meter "nowhere"');
  });
});

describe('outermost', () => {
  test('building B is the campus main less building A: counted at B, within the main at the campus', () => {
    for (const parent of ['main', null]) {
      const estate = of(
        [real('main', 'campus'), real('ma', 'a', { parent: 'main' })],
        [virtual({ id: 'vb', node: 'b', parent, plus: ['main'], minus: ['ma'] })],
      );
      expect(outermost(estate, 'campus')).toEqual(['main']);
      expect(outermost(estate, 'a')).toEqual(['ma']);
      expect(outermost(estate, 'b')).toEqual(['vb']);
    }
  });

  test('a real meter downstream of a virtual one is within it, also over several steps', () => {
    const estate = of(
      [real('x', 'a', { parent: 'sum' }), real('y', 'a', { parent: 'sum' }), real('z', 'a', { parent: 'y' })],
      [virtual({ id: 'sum', plus: ['x', 'y'] })],
    );
    expect(outermost(estate, 'campus')).toEqual(['sum']);
    expect(outermost(estate, 'a')).toEqual(['x', 'y']);
  });

  test('a sum whose meters stand inside beside it is not counted again', () => {
    const estate = of([real('x', 'a'), real('y', 'b')], [virtual({ id: 'sum', plus: ['x', 'y'] })]);
    expect(outermost(estate, 'campus')).toEqual(['x', 'y']);
  });

  test('a sum of meters that stand elsewhere is', () => {
    const estate = of(
      [real('x', 'a'), real('y', 'a')],
      [virtual({ id: 'sum', node: 'b', plus: ['x', 'y'] })],
    );
    expect(outermost(estate, 'b')).toEqual(['sum']);
    expect(outermost(estate, 'campus')).toEqual(['x', 'y']);
  });

  test('the carriers of a node are also those of its virtual meters; its meters are the real ones', () => {
    const estate = of(
      [real('w1', 'a', { carrier: 'water', unit: 'm³' })],
      [virtual({ id: 'w', node: 'b', carrier: 'water', plus: ['w1'] })],
    );
    expect(estate.carriers('b')).toEqual(['water']);
    expect(estate.metersBelow('b')).toEqual([]);
    expect(estate.meters.map((m) => m.id)).toEqual(['w1']);
    expect([estate.virtual('w')?.node, estate.virtual('w1'), estate.meter('w')]).toEqual([
      'b',
      undefined,
      undefined,
    ]);
  });
});
