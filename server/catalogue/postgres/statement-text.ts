/** A statement's text with its parameters written `$1`, `$2` …, as PostgreSQL wants them. */
export function numbered(sql: string): string {
  let n = 0;
  // Strings, quoted names and comments are taken whole, so that a `?` in them stays one.
  return sql.replaceAll(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g, (part) =>
    part === '?' ? `$${++n}` : part,
  );
}
