/** What people type into a form, read. */

/**
 * A number with separators, in full-width digits, below 0 where that may be; a very small one as a field shows
 * it, 1e-7. Null for anything else.
 */
export function typedNumber(text: string): number | null {
  const plain = text.normalize('NFKC').replaceAll(/[,\s]/g, '').replace('−', '-');
  if (!/^-?(\d+(\.\d*)?|\.\d+)(e-\d+)?$/i.test(plain)) return null;
  return Number(plain);
}

/** Words of a list with commas between, of either language. */
export function typedList(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[,\u3001;\s]+/)
    .map((t) => t.trim())
    .filter((t) => t !== '');
}
