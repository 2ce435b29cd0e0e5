/** A word of a table, or what stands there instead of one. */
export function word(table: Record<string, string>, key: string): string {
  return table[key] ?? key;
}
