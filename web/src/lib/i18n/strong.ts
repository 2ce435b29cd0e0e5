const OPEN = '\u2068';
const CLOSE = '\u2069';

/** Marks the part of a sentence that carries the figure. The marks are invisible where nobody reads them. */
export function strong(text: string): string {
  return `${OPEN}${text}${CLOSE}`;
}

export interface SentencePart {
  text: string;
  strong: boolean;
}

export function sentenceParts(sentence: string): SentencePart[] {
  return sentence
    .split(/(\u2068[^\u2069]*\u2069)/)
    .filter((text) => text !== '')
    .map((text) =>
      text.startsWith(OPEN) ? { text: text.slice(1, -1), strong: true } : { text, strong: false },
    );
}
