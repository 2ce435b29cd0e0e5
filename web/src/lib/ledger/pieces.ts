/** The pieces of a figure drawn together: chains of one register, what is missing, where they stand in the period. */
import type { Ground, Piece } from '../../../../server/http/schemas/ledger.ts';
import { exact, register } from '../i18n/format.ts';
import { plain, type Speech, spanText } from './sentences.ts';

/** Pieces of one register that follow each other without a break: their total is last − first, times multiplier. */
export interface Chain {
  first: number;
  last: number;
  readings: number;
  multiplier: number;
  inside: number;
  whole: number;
}

export function chainsOf(pieces: readonly Piece[]): Chain[] {
  const chains: Chain[] = [];
  let end: Piece['last'] = null;
  for (const p of pieces) {
    if (p.kind === 'break' || !p.first || !p.last || p.multiplier === null) continue;
    const open = chains.at(-1);
    if (
      open &&
      end &&
      end.time === p.first.time &&
      end.value === p.first.value &&
      open.multiplier === p.multiplier
    ) {
      open.last = p.last.value;
      // The reading between two pieces is one.
      open.readings += p.readings - 1;
      open.inside += p.quantity ?? 0;
      open.whole += p.whole ?? 0;
    } else {
      chains.push({
        first: p.first.value,
        last: p.last.value,
        readings: p.readings,
        multiplier: p.multiplier,
        inside: p.quantity ?? 0,
        whole: p.whole ?? 0,
      });
    }
    end = p.last;
  }
  return chains;
}

/** Lines that a figure's ground is told in: what it adds up to, in the order of time, then what is missing. */
export function groundLines(ground: Ground, registerKind: string, speech: Speech): string[] {
  const w = speech.words.ground;
  const { unit } = ground;
  const lines: string[] = [];
  const told = ground.pieces.filter((p) => p.kind !== 'unknown' && p.kind !== 'break');
  if (ground.kind !== 'meter') {
    const n = ground.parts.length;
    const minus = ground.parts.some((p) => p.sign < 0);
    return [n === 1 && !minus ? w.one : minus ? w.difference(String(n)) : w.sum(String(n))];
  }
  if (registerKind === 'cumulative') {
    for (const c of chainsOf(ground.pieces)) {
      let line = w.register(register(c.first), register(c.last), exact(c.multiplier), plain(c.whole, unit));
      if (c.last < c.first && c.whole > 0) line += w.wrapped;
      if (!same(c.inside, c.whole)) line += w.part(plain(c.inside, unit));
      lines.push(line);
    }
  } else {
    const measured = told.filter((p) => p.kind === 'measured');
    const readings = measured.reduce((n, p) => n + p.readings, 0);
    if (readings > 0 && ground.quantity !== null) {
      const multiplier = exact(measured[0]?.multiplier ?? 1);
      const result = plain(ground.gauge ? ground.quantity : (ground.measured ?? 0), unit);
      if (ground.gauge) lines.push(w.mean(String(readings), result));
      else if (registerKind === 'power') lines.push(w.power(String(readings), multiplier, result));
      else lines.push(w.intervals(String(readings), multiplier, result));
    }
  }
  for (const p of told) {
    if (p.kind !== 'estimated' || p.first !== null || !p.quantity) continue;
    lines.push(w.estimated(plain(p.quantity, unit), p.reason ?? '', p.recorded_by ?? ''));
  }
  const unknown = ground.pieces.filter((p) => p.kind === 'unknown');
  const missing = unknown.reduce((ms, p) => ms + (Date.parse(p.to) - Date.parse(p.from)), 0);
  if (missing > 0) lines.push(w.missing(String(unknown.length), spanText(missing, speech)));
  const breaks = ground.pieces.filter((p) => p.kind === 'break').length;
  if (breaks > 0) lines.push(w.broken(String(breaks)));
  return lines;
}

function same(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.000_001 * Math.max(1, Math.abs(a));
}

/** A piece as a part of the drawn period, in per cent. */
export interface Segment {
  piece: Piece;
  left: number;
  width: number;
}

/** Where the pieces stand in [from, to), epoch ms. */
export function segmentsOf(pieces: readonly Piece[], from: number, to: number): Segment[] {
  const place = (at: number) => (100 * (Math.min(to, Math.max(from, at)) - from)) / (to - from);
  return pieces.map((piece) => {
    const left = place(Date.parse(piece.from));
    return { piece, left, width: place(Date.parse(piece.to)) - left };
  });
}

/** Why a piece is as it is, in one sentence; empty where it is simply measured. */
export function pieceNote(p: Piece, { words }: Speech): string {
  const w = words.ground;
  const person = p.recorded_by ? w.byPerson(p.reason ?? '', p.recorded_by) : '';
  if (p.kind === 'recovered' || (p.kind === 'estimated' && p.apportioned && p.first)) {
    const across = p.crosses ? w.crosses[p.crosses] : '';
    return w.recoveredNote(w.apportioned[p.apportioned ?? 'flat'], across) + person;
  }
  if (p.kind === 'unknown') return w.unknownNote;
  if (p.kind === 'break') return w.breakNote;
  return person;
}
