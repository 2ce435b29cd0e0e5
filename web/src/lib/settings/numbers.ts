/** Numbers as people type them: with separators, in full-width digits, below 0 where that may be. */
export function typedNumber(text: string): number | null {
  const plain = text.normalize('NFKC').replaceAll(/[,\s]/g, '').replace('−', '-');
  if (!/^-?(\d+(\.\d*)?|\.\d+)(e-?\d+)?$/i.test(plain)) return null;
  return Number(plain);
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Words of a list with commas between, of either language. */
export function typedList(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[,\u3001;\s]+/)
    .map((t) => t.trim())
    .filter((t) => t !== '');
}
