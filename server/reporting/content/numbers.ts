/** Figures as they stand in a sentence; in tables they are numbers, which the documents write. */

const formats = new Map<number, Intl.NumberFormat>();

/** Grouped by thousands, with that many decimals. */
export function fixed(value: number, decimals: number): string {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(decimals, format);
  }
  // What rounds to nothing has no sign.
  return format
    .format(value)
    .replace(/^-(?=[0.,]*$)/, '')
    .replace(/^-/, '−');
}

/** As many decimals as a figure of its size is read with. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return fixed(value, size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
}

/** 0.0423 → 4.2 %, without its sign. */
export function percent(share: number): string {
  return `${fixed(Math.abs(share) * 100, 1)} %`;
}

/** A share that never rounds up to 100 %: what is missing is to be seen. */
export function completeness(share: number): string {
  const tenths = Math.floor(share * 1000 + 1e-9);
  return `${fixed(tenths / 10, tenths % 1000 === 0 ? 0 : 1)} %`;
}

/** Changes below this are none. */
export const SAME = 0.0005;
