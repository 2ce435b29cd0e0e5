import type { Uses } from '../model/model.ts';

/** A metering point before what its kind has in common. */
export interface Row {
  id: string;
  name: string;
  node: string;
  parent: string | null;
  uses: Uses;
  item: string | null;
  trend: number;
  rest: number;
  jitter: number;
  /** Reports by radio on its own, not over the building's gateway. */
  alone: boolean;
}

type Extra = Partial<Pick<Row, 'item' | 'trend' | 'rest' | 'jitter' | 'alone'>>;

export function meter(
  parent: string | null,
  id: string,
  name: string,
  node: string,
  uses: Uses,
  extra: Extra = {},
): Row {
  return {
    id,
    name,
    node,
    parent,
    uses,
    item: null,
    trend: 0.972,
    rest: 0,
    jitter: 0.07,
    alone: false,
    ...extra,
  };
}

/** A meter whose load is what its sub-meters see, and a share that none of them sees. */
export function main(
  parent: string | null,
  id: string,
  name: string,
  node: string,
  rest: number,
  extra: Extra = {},
): Row {
  return meter(parent, id, name, node, {}, { rest, ...extra });
}
