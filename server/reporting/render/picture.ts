import type { Drawing } from './charts.ts';
import { FONT_FAMILY, fontsFor } from './fonts.ts';
import { pngBytes } from './png.ts';

/** Pixels per px of the drawing: 720 px over 156 mm are then 205 dots an inch. */
const ZOOM = 1.75;

/** A drawing as PNG, drawn with fonts of ours and none of the machine's. */
export async function pngOf({ svg }: Drawing): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const { files, missing } = await fontsFor(svg.replaceAll(/<[^>]*>/g, ''));
  const image = await renderAsync(missing.reduce(withSubstitute, svg), {
    font: {
      loadSystemFonts: false,
      fontFiles: files,
      defaultFontFamily: FONT_FAMILY,
      sansSerifFamily: FONT_FAMILY,
    },
    fitTo: { mode: 'zoom', value: ZOOM },
    // On paper it is white, and a file without transparency is a quarter smaller to pack.
    background: '#ffffff',
  });
  return pngBytes(image.pixels, image.width, image.height);
}

/** A character that the font lacks by plainer ones, where Unicode knows some: Ⅱ as II, ₂ as a lowered 2. */
function withSubstitute(svg: string, character: string): string {
  const plain = character.normalize('NFKC');
  const lowered = /[\u2080-\u208e]/.test(character);
  return svg.replaceAll(
    character,
    lowered ? `<tspan baseline-shift="sub" font-size="70%">${plain}</tspan>` : plain,
  );
}
