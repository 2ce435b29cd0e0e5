import type { Term } from '../../conservation/indicators.ts';
import type { Block, Row, Section } from '../model.ts';
import type { ReportGround, Use } from './facts.ts';
import { column, notesOf, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** How the figures come about: the scheme, its coefficients, the factors, and what stands behind words. */
export function notesSection({ estate }: ReportGround, use: Use, computedAt: number, w: Words): Section {
  const words = w.notes;
  const { conversion, period } = use;
  const { scheme } = conversion;
  const items = [
    words.method,
    words.scheme(scheme.name),
    words.compared,
    words.completeness,
    words.holidays,
    words.computed(w.moment(estate.zone.wall(computedAt)), estate.zone.name),
    ...(period.running ? [words.running] : []),
  ];
  const blocks: Block[] = [{ kind: 'list', items }];
  const rows = [
    ...coefficients(use.month.get('energy')?.value.numerator.terms ?? [], 'kgce', w),
    ...coefficients(use.month.get('co2')?.value.numerator.terms ?? [], 'kgCO₂', w),
  ];
  if (rows.length > 0) {
    blocks.push({
      kind: 'table',
      id: 'coefficients',
      caption: words.coefficients,
      columns: [
        column.text('carrier', w.consumption.carrier),
        column.number('coefficient', words.coefficient, '', 5),
        column.text('unit', w.consumption.unit),
        column.text('source', words.source),
        column.text('confidence', words.confidence),
      ],
      rows,
      notes: notesOf(w, rows),
    });
  }
  const sources = attributeRows({ estate }, use, w);
  if (sources.length > 0) {
    blocks.push({
      kind: 'table',
      id: 'attributes',
      caption: words.attributes,
      columns: [
        column.text('attribute', words.attribute),
        column.number('value', words.value, '', 2),
        column.text('unit', w.consumption.unit),
        column.share('set', words.set),
        column.text('source', words.source),
      ],
      rows: sources,
      notes: [],
    });
  }
  return { id: 'notes', heading: words.heading, blocks };
}

function coefficients(terms: readonly Term[], per: string, w: Words): Row[] {
  return terms.flatMap((term): Row[] => {
    if (term.quantity === null && term.coefficient === null) return [];
    const confidences = [term.source?.confidence, term.density?.source.confidence];
    const unsure = confidences.includes('unconfirmed');
    const cell = numberCell(w, term.coefficient);
    const density = term.density ? w.notes.density(String(term.density.kgPerL)) : '';
    const cited = citation(term.source?.text ?? '', w);
    return [
      {
        kind: 'row',
        cells: {
          carrier: textCell(w.carriers[term.carrier]),
          coefficient:
            term.coefficient === null
              ? { value: null, lack: w.notes.several }
              : unsure
                ? { ...cell, mark: w.marks.unconfirmed }
                : cell,
          unit: textCell(unitSign(w, `${per}/${term.unit}`)),
          source: textCell([cited, density].filter((s) => s !== '').join(w.semicolon)),
          confidence: textCell(
            w.notes.confidences[unsure ? 'unconfirmed' : (term.source?.confidence ?? 'derived')],
          ),
        },
      },
    ];
  });
}

/**
 * A source as the document cites it: of a shipped one, whose remarks are in English, the parts that a Chinese
 * reader has something of.
 */
function citation(text: string, w: Words): string {
  if (!w.notes.citesChinese || !/[a-z]{4,}/.test(text)) return text;
  const parts = text
    .split(/; |, /)
    .filter((p) => !/[a-z]{2,} [a-z]{2,}/.test(p) && /\p{Script=Han}|\d/u.test(p));
  return parts.length > 0 ? parts.join(w.semicolon) : w.notes.seeScheme;
}

/** Areas and headcounts of the month, weighted by days, with where the values are written. */
function attributeRows({ estate }: Pick<ReportGround, 'estate'>, use: Use, w: Words): Row[] {
  const rows = new Map<string, Row>();
  for (const { value } of use.month.values()) {
    const of = value.denominator;
    if (!of || rows.has(of.attribute)) continue;
    const own = estate.node(use.node.id)?.attributes[of.attribute] ?? [];
    const texts = [...new Set(own.flatMap((v) => v.source ?? []))];
    const source = of.from === 'below' ? w.notes.below : texts.join(w.semicolon) || w.notes.noSource;
    rows.set(of.attribute, {
      kind: 'row',
      cells: {
        attribute: textCell(w.attributes[of.attribute] ?? of.attribute),
        value: numberCell(w, of.value, of.lacks),
        unit: textCell(unitSign(w, of.attribute === 'people' ? 'p' : 'm²')),
        set: { value: of.set },
        source: of.value === null ? { value: null, lack: w.cells.noData } : textCell(source),
      },
    });
  }
  return [...rows.values()];
}
