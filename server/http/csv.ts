/** A number in full precision, without exponent or separators; empty for unknown. */
export function csvNumber(value: number | null): string {
  if (value === null) return '';
  const text = String(value);
  if (!text.includes('e')) return text;
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 });
}

/** Quoted where it has to be. Ids and units are no formulas of a spreadsheet; what people and devices type is made `inert`. */
export function csvText(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Text that no spreadsheet takes for a formula, quotation marks or not: it begins with an apostrophe where it would.
 * Control characters are spaces, for a terminal obeys them.
 */
export function inert(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, ' ');
  return /^\s*[=+\-@]/.test(plain) ? `'${plain}` : plain;
}

/** A download that is made while it is sent, as fast as the client takes it. */
export function csvResponse(name: string, header: string, chunks: AsyncIterable<string>): Response {
  const encoder = new TextEncoder();
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield encoder.encode(`${header}\n`);
    for await (const chunk of chunks) if (chunk !== '') yield encoder.encode(chunk);
  }
  return new Response(streamOf(bytes()), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.csv"`,
      'cache-control': 'no-store',
    },
  });
}

/**
 * Pulls one item at a time; a client that goes away ends the generator.
 * @param gone called then: a generator of which nothing was pulled yet is not told of its end
 */
export function streamOf(
  items: AsyncGenerator<Uint8Array>,
  gone: () => unknown = () => {},
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await items.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await items.return(undefined);
        await gone();
      },
    },
    { highWaterMark: 0 },
  );
}
