/** CSV of registers that advance unevenly, in order of time, as an import brings them. */
export async function* registers(
  meters: number,
  from: number,
  to: number,
  stepMs: number,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const hundredths = new Float64Array(meters).map((_, i) => 100_000 + i * 37);
  let state = 12345;
  let chunk = 'meter,time,value\n';
  for (let at = from; at <= to; at += stepMs) {
    for (let m = 0; m < meters; m++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      hundredths[m] = (hundredths[m] as number) + (state >>> 20);
      chunk += `m${m},${at},${(hundredths[m] as number) / 100}\n`;
      if (chunk.length > 65_536) {
        yield encoder.encode(chunk);
        chunk = '';
      }
    }
  }
  yield encoder.encode(chunk);
}
