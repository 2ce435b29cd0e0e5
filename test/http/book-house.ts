import { expect } from 'vitest';
import { BookMonth } from '../../server/http/schemas/book.ts';
import { years } from '../conservation/furnished-years.ts';
import type { Rig } from './rig.ts';

/** A house with a book, and the requests that fill it. */

export async function send(r: Rig, method: string, path: string, body: unknown) {
  const response = await r.app.request(`/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

export const enter = (r: Rig, entries: object[], query = '') =>
  send(r, 'PUT', `/book/entries${query}`, { entries, recorded_by: '张三' });

export async function month(r: Rig, node: string, of: string): Promise<BookMonth> {
  const { status, body } = await r.get(`/api/v1/book?node=${node}&month=${of}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return BookMonth.parse(body);
}

/** The house with an electricity account, a canteen on LPG and a car; all that meters count is known. */
export async function furnished(): Promise<Rig> {
  const r = await years('2026-11', ['grid', 'fed-back', 'tap']);
  r.catalogue.putPolicy(
    'billing_account',
    'house-el',
    {
      node: 'house',
      carrier: 'electricity',
      name: '主楼',
      number: '0512 8800',
      meters: ['grid'],
      reading_day: 15,
    },
    'test',
    'test',
  );
  r.catalogue.putPolicy(
    'vehicle',
    'car-1',
    { node: 'house', plate: '苏A·12345', fuel: 'gasoline' },
    'test',
    'test',
  );
  return r;
}

export const bill = (more: object = {}): object => ({
  node: 'house',
  carrier: 'electricity',
  account: 'house-el',
  month: '2026-03',
  quantity: 30_000,
  unit: 'kWh',
  cost: 18_000.5,
  period: { from: '2026-03-01', to: '2026-03-31' },
  ...more,
});
