/**
 * Ordinary least squares by the normal equations and a Cholesky factorisation: at most a few thousand rows and
 * a few dozen columns of like size, for which they are exact enough.
 */

/** Keeps columns that say the same from making the equations unsolvable; far below any real effect. */
const RIDGE = 1e-9;

/**
 * Sums of the products of any two columns, over rows that are added one by one: the normal equations of every
 * choice of columns are among them.
 */
export class ProductSums {
  readonly #width: number;
  readonly #sums: Float64Array;

  constructor(width: number) {
    this.#width = width;
    this.#sums = new Float64Array(width * width);
  }

  /** @param row as wide as the sums, or wider: the rest is left out */
  add(row: Float64Array): void {
    const filled: number[] = [];
    for (let i = 0; i < this.#width; i++) if (row[i] !== 0) filled.push(i);
    for (const i of filled) {
      const x = row[i] as number;
      const at = i * this.#width;
      for (const j of filled) {
        if (j > i) break;
        this.#sums[at + j] = (this.#sums[at + j] as number) + x * (row[j] as number);
      }
    }
  }

  of(i: number, j: number): number {
    return this.#sums[Math.max(i, j) * this.#width + Math.min(i, j)] as number;
  }
}

/** Of n columns x and what they are to tell, y. */
export interface NormalEquations {
  /** Σ x·x, n × n by rows, the lower half at least. */
  xx: Float64Array;
  /** Σ x·y */
  xy: Float64Array;
  /** Σ y² */
  yy: number;
}

/**
 * The coefficients that minimise Σ (y − x·b)² + Σ penalty × b².
 * @param rows all of one length
 * @param penalties per column: how strongly a coefficient is drawn to 0; 0: not at all
 * @returns null where there are fewer rows than columns
 */
export function leastSquares(
  rows: readonly Float64Array[],
  y: readonly number[],
  penalties: readonly number[],
): Float64Array | null {
  const n = penalties.length;
  if (rows.length < n) return null;
  const sums = new ProductSums(n + 1);
  const row = new Float64Array(n + 1);
  for (const [k, x] of rows.entries()) {
    row.set(x);
    row[n] = y[k] as number;
    sums.add(row);
  }
  const columns = Array.from({ length: n }, (_, i) => i);
  return solve(equationsOf(sums, columns, n), penalties);
}

/** @param columns of the sums, null: a column of zeros. @param y the column that they are to tell */
export function equationsOf(
  sums: ProductSums,
  columns: readonly (number | null)[],
  y: number,
): NormalEquations {
  const n = columns.length;
  const xx = new Float64Array(n * n);
  const xy = new Float64Array(n);
  columns.forEach((column, i) => {
    if (column === null) return;
    xy[i] = sums.of(column, y);
    for (let j = 0; j <= i; j++) {
      const other = columns[j] ?? null;
      if (other !== null) xx[i * n + j] = sums.of(column, other);
    }
  });
  return { xx, xy, yy: sums.of(y, y) };
}

/** Solves them, with penalties as in `leastSquares`; null where they have no solution. */
export function solve({ xx, xy }: NormalEquations, penalties: readonly number[]): Float64Array | null {
  const n = penalties.length;
  const a = Float64Array.from(xx);
  for (let i = 0; i < n; i++) {
    const own = a[i * n + i] as number;
    a[i * n + i] = own + (penalties[i] as number) + RIDGE * (own > 0 ? own : 1);
  }
  return cholesky(a, xy, n);
}

/** Σ (y − x·b)², never below 0. */
export function scatterOf({ xx, xy, yy }: NormalEquations, b: Float64Array): number {
  const n = b.length;
  let sum = yy;
  for (let i = 0; i < n; i++) {
    const bi = b[i] as number;
    sum += bi * (bi * (xx[i * n + i] as number) - 2 * (xy[i] as number));
    for (let j = 0; j < i; j++) sum += 2 * bi * (b[j] as number) * (xx[i * n + j] as number);
  }
  return Math.max(0, sum);
}

/** Solves a·x = b for a positive definite matrix of which the lower half is given, and is overwritten. */
function cholesky(a: Float64Array, b: Float64Array, n: number): Float64Array | null {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number);
      if (i === j) {
        if (!(sum > 0)) return null;
        a[i * n + i] = Math.sqrt(sum);
      } else a[i * n + j] = sum / (a[j * n + j] as number);
    }
  }
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (a[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (a[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (a[k * n + i] as number) * (x[k] as number);
    x[i] = sum / (a[i * n + i] as number);
  }
  return x;
}
