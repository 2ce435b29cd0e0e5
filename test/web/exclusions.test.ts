import { describe, expect, it } from 'vitest';
import {
  correctionBody,
  correctionRow,
  exclusionBody,
  exclusionFault,
  exclusionRow,
} from '../../web/src/lib/settings/exclusions.ts';

describe('what a quota does not count', () => {
  it('comes out of the form as it went in', () => {
    const room = {
      what: 'machine_room',
      items: ['01D10'],
      nodes: [],
      meters_by: 'machine_room_meters',
      area: 'machine_room_area_m2',
    };
    const let_out = { what: 'special', items: [], nodes: ['f1'], nodes_by: 'apart_nodes' };
    for (const body of [room, let_out]) expect(exclusionBody(exclusionRow(body))).toEqual(body);
  });

  it('is measured by something, and its sub-items are codes', () => {
    const row = exclusionRow(null);
    expect(exclusionFault(row)).toBe('nothing');
    expect(exclusionFault({ ...row, items: '01D1' })).toBe('codes');
    expect(exclusionFault({ ...row, items: '01D10，01D30' })).toBeNull();
    expect(exclusionFault({ ...row, metersBy: 'apart_meters' })).toBeNull();
    expect(exclusionFault({ ...row, byNodes: true })).toBeNull();
    expect(exclusionFault({ ...row, nodes: ['f1'] })).toBeNull();
    expect(exclusionBody({ ...row, items: '01D10，01D30' }).items).toEqual(['01D10', '01D30']);
  });

  it('is corrected from a base above 0', () => {
    const body = {
      kind: 'use_hours' as const,
      base: 2500,
      on: false,
      source: { text: 'GB/T 51161-2016', confidence: 'unconfirmed' as const },
    };
    expect(correctionBody(correctionRow(body))).toEqual(body);
    expect(correctionBody({ ...correctionRow(body), base: '2,600', on: true })).toEqual({
      ...body,
      base: 2600,
      on: true,
    });
    expect(correctionBody({ ...correctionRow(body), base: '0' })).toBeNull();
    expect(correctionBody({ ...correctionRow(body), base: '' })).toBeNull();
  });
});
