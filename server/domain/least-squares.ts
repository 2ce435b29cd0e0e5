/**
 * Ordinary least squares by the normal equations and a Cholesky factorisation: at most a few thousand rows and
 * a few dozen columns of like size, for which they are exact enough.
 */

/** Keeps columns that say the same from making the equations unsolvable; far below any real effect. */
const RIDGE = 1e-9;

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
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  for (const [k, row] of rows.entries()) {
    const target = y[k] as number;
    for (let i = 0; i < n; i++) {
      const x = row[i] as number;
      if (x === 0) continue;
      b[i] = (b[i] as number) + x * target;
      for (let j = 0; j <= i; j++) a[i * n + j] = (a[i * n + j] as number) + x * (row[j] as number);
    }
  }
  for (let i = 0; i < n; i++) {
    const own = a[i * n + i] as number;
    a[i * n + i] = own + (penalties[i] as number) + RIDGE * (own > 0 ? own : 1);
  }
  return solve(a, b, n);
}

/** Solves a·x = b for a positive definite matrix of which the lower half is given. */
function solve(a: Float64Array, b: Float64Array, n: number): Float64Array | null {
  const at = (m: Float64Array, i: number, j: number): number => m[i * n + j] as number;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(a, i, j);
      for (let k = 0; k < j; k++) sum -= at(a, i, k) * at(a, j, k);
      if (i === j) {
        if (!(sum > 0)) return null;
        a[i * n + i] = Math.sqrt(sum);
      } else a[i * n + j] = sum / at(a, j, j);
    }
  }
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= at(a, i, k) * (x[k] as number);
    x[i] = sum / at(a, i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= at(a, k, i) * (x[k] as number);
    x[i] = sum / at(a, i, i);
  }
  return x;
}
