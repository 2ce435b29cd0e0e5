import type { Drawing } from './charts.ts';
import { FONT_FAMILY, fontFiles } from './fonts.ts';

/** Pixels per px of the drawing: 720 px over 156 mm are then 234 dots an inch. */
const ZOOM = 2;

/** A drawing as PNG, drawn with fonts of ours and none of the machine's. */
export async function pngOf({ svg }: Drawing): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const text = svg.replaceAll(/<[^>]*>/g, '');
  const image = await renderAsync(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: await fontFiles(text),
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
    },
    fitTo: { mode: 'zoom', value: ZOOM },
  });
  return image.asPng();
}
