/** A word of a table, or what stands there instead of one. */
export function word(table: Record<string, string>, key: string): string {
  return table[key] ?? key;
}

/** A region by its code; what lies in a province with the province's name before it. */
export function regionText(code: string, regions: Record<string, string>): string {
  const own = regions[code];
  if (own !== undefined) return own;
  const province = /^\d{6}$/.test(code) ? regions[`${code.slice(0, 2)}0000`] : undefined;
  return province === undefined ? code : `${province} ${code}`;
}
