import { readFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import { expect, test } from 'vitest';
import type { Chart } from '../../server/reporting/model.ts';
import { drawChart, drawCharts } from '../../server/reporting/render/charts.ts';
import { FONT_FAMILY, fontsFor } from '../../server/reporting/render/fonts.ts';
import { pngOf } from '../../server/reporting/render/picture.ts';
import { coverageOf, sfntOf } from '../../server/reporting/render/woff.ts';
import { sampleReport } from './sample.ts';

const HEIGHT = 300;

/** The pixels of one character, drawn with the given fonts and none of the machine's. */
async function glyph(character: string): Promise<string> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="4" y="32" font-size="30" font-family="sans-serif">${character}</text></svg>`;
  const image = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: (await fontsFor(character)).files,
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
    },
  }).render();
  return Buffer.from(image.pixels).toString('base64');
}

test('Chinese is drawn without any font of the machine: every character its own glyph, none the box of a missing one', async () => {
  // Private use: a character that no font has.
  const missing = await glyph('\ue5e5');
  const blank = await glyph(' ');
  // Common characters and rare ones, which come from different files of the font.
  const glyphs = await Promise.all([...'用电量水气能源％kWh³²①垚㎡'].map(glyph));
  expect(new Set(glyphs).size).toBe(glyphs.length);
  for (const drawn of glyphs) {
    expect(drawn).not.toBe(missing);
    expect(drawn).not.toBe(blank);
  }
});

test('an unpacked font is a font, and what is no WOFF is refused', async () => {
  const { files } = await fontsFor('用电kWh');
  const fonts = files.map((file) => coverageOf(readFileSync(file)));
  const covers = (codePoint: number): boolean => fonts.some((has) => has(codePoint));
  expect([...'用电kWh'].every((c) => covers(c.codePointAt(0) as number))).toBe(true);
  expect(covers(0xe5e5)).toBe(false);
  expect(() => sfntOf(new Uint8Array(100))).toThrow('no WOFF');
});

test('what the font lacks is drawn with plainer characters', async () => {
  expect((await fontsFor('CO₂Ⅱ①')).missing).toEqual(['₂', 'Ⅱ']);
  const drawing = (text: string) => ({
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="99" height="40"><text x="4" y="32" font-size="30" font-family="sans-serif">${text}</text></svg>`,
    width: 99,
    height: 40,
  });
  expect(await pngOf(drawing('第Ⅱ期'))).toEqual(await pngOf(drawing('第II期')));
  const [lowered, missing, plain] = await Promise.all(
    ['CO₂', 'CO\ue5e5', 'CO2'].map((t) => pngOf(drawing(t))),
  );
  expect(lowered).not.toEqual(missing);
  expect(lowered).not.toEqual(plain);
});

test('charts are the same each time, with their words as text, and nothing that runs', async () => {
  const [first, again] = [await drawCharts(sampleReport()), await drawCharts(sampleReport())];
  expect([...first]).toEqual([...again]);
  const { svg } = first.get('months')!;
  for (const word of ['1月', '12月', '2026年', '2025年', '计划', 'kWh', '120,000'])
    expect(svg).toContain(word);
  expect(svg).not.toMatch(/<script|<style|javascript:| class=/);
});

test('a gap of a line stays a gap', async () => {
  const chart: Chart = {
    kind: 'chart',
    id: 'c',
    caption: 'c',
    form: 'line',
    unit: 'kWh',
    categories: ['1', '2', '3', '4', '5'],
    series: [{ name: 'a', values: [1, 2, null, 4, 5] }],
    description: '',
  };
  const lines = (svg: string): number => svg.match(/fill="none" stroke="#0b6b53"/g)?.length ?? 0;
  const whole = { ...chart, series: [{ name: 'a', values: [1, 2, 3, 4, 5] }] };
  const strokes = (svg: string): string[] =>
    [...svg.matchAll(/<path d="([^"]+)" fill="none" stroke="#0b6b53"/g)].map((m) => m[1] as string);
  const [gap, none] = [(await drawChart(chart, HEIGHT)).svg, (await drawChart(whole, HEIGHT)).svg];
  expect(lines(none)).toBe(1);
  const moves = (svg: string): number => strokes(svg).join('').match(/M/g)?.length ?? 0;
  expect([moves(none), moves(gap)]).toEqual([1, 2]);
});

test('long names lie beside their bars, whole', async () => {
  const { svg } = (await drawCharts(sampleReport())).get('ranking')!;
  const words = svg.replaceAll(/<[^>]+>/g, '');
  for (const part of ['示例市人民政府机关事务管理局', '附属用房', '示例市博物馆']) {
    expect(words.replaceAll(/\s/g, '')).toContain(part);
  }
  expect(words).not.toContain('…');
});

test.each([6, 30, 400])('a chart of %d long names is never higher than a page', async (n) => {
  const categories = Array.from(
    { length: n },
    (_, i) => `示例市第${i + 1}机关事务管理局综合办公区后勤服务保障中心`,
  );
  const values = categories.map((_, i) => i + 1);
  const chart: Chart = {
    kind: 'chart',
    id: 'c',
    caption: 'c',
    form: 'bar',
    unit: 'kWh',
    categories,
    series: [{ name: 'a', values }],
    description: '',
  };
  const { svg, height } = await drawChart(chart, HEIGHT);
  expect(height).toBeLessThanOrEqual(900);
  // Every institution has its bar.
  expect(svg.match(/fill="#0b6b53"/g)).toHaveLength(n);
});

test('a drawing becomes a PNG of 1.75 times its size', async () => {
  const drawing = (await drawCharts(sampleReport())).get('months')!;
  const png = await pngOf(drawing);
  const view = new DataView(png.buffer, png.byteOffset);
  expect([view.getUint32(16), view.getUint32(20)]).toEqual([1.75 * drawing.width, 1.75 * drawing.height]);
});
