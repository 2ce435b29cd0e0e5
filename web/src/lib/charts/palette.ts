import type { Carrier } from '../../../../server/domain/meter.ts';

/** The theme's colours as a canvas needs them, resolved, and the room that the chart has. */
export interface Palette {
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  lineStrong: string;
  surface: string;
  gap: string;
  accent: string;
  bad: string;
  font: string;
  /** px */
  text: number;
  /** px */
  width: number;
  carrier: (carrier: Carrier) => string;
}

const TEXT_PX = 12;

/** Reads the custom properties as they hold at an element; light-dark() needs a property that computes it. */
export function readPalette(at: HTMLElement): Palette {
  const probe = document.createElement('span');
  at.append(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const cache = new Map<Carrier, string>();
  for (const carrier of CARRIER_NAMES) cache.set(carrier, colour(`--carrier-${carrier}`));
  const palette: Palette = {
    ink: colour('--ink'),
    ink2: colour('--ink-2'),
    ink3: colour('--ink-3'),
    line: colour('--line'),
    lineStrong: colour('--line-strong'),
    surface: colour('--surface'),
    gap: colour('--gap'),
    accent: colour('--accent'),
    bad: colour('--bad'),
    font: getComputedStyle(probe).fontFamily,
    text: Math.max(TEXT_PX, Number.parseFloat(getComputedStyle(probe).getPropertyValue('--least')) || 0),
    width: at.clientWidth,
    carrier: (carrier) => cache.get(carrier) ?? colour('--ink-3'),
  };
  probe.remove();
  return palette;
}

const CARRIER_NAMES: readonly Carrier[] = [
  'electricity',
  'water',
  'gas',
  'heat',
  'cooling',
  'coal',
  'gasoline',
  'diesel',
  'lpg',
  'pv',
  'other',
  'outdoor_temperature',
  'indoor_temperature',
];
