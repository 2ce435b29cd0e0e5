import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** Where in the file something stands: `['meters', 3, 'exchanges', 0, 'at']`. */
export type FilePath = readonly (string | number)[];

export interface EstateIssue {
  /** As people write it: `meters[3].exchanges[0].at`; empty for the file as a whole. */
  path: string;
  message: string;
  /** From 1; null where the content came as an object. */
  line: number | null;
  column: number | null;
}

/** Everything that is wrong with an estate file, in the order of the file; nothing of it was applied. */
export class EstateFileError extends Error {
  override readonly name = 'EstateFileError';
  readonly issues: readonly EstateIssue[];

  constructor(issues: readonly EstateIssue[]) {
    super(issues.map(line).join('\n'));
    this.issues = issues;
  }
}

function line(issue: EstateIssue): string {
  const place = issue.line === null ? '' : ` (line ${issue.line}:${issue.column})`;
  return `${issue.path === '' ? '' : `${issue.path}: `}${issue.message}${place}`;
}

/** Collects what is wrong, so that all of it can be said at once. */
export class Issues {
  readonly #found: { path: FilePath; message: string }[] = [];

  add(path: FilePath, message: string): void {
    this.#found.push({ path, message });
  }

  /** @throws EstateFileError when something was found. */
  throwIfAny(document: EstateDocument): void {
    if (this.#found.length === 0) return;
    const issues = this.#found.map(({ path, message }): EstateIssue => {
      const at = document.locate(path);
      return { path: spellPath(path), message, line: at?.line ?? null, column: at?.column ?? null };
    });
    issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
    throw new EstateFileError(issues);
  }
}

export interface EstateDocument {
  value: unknown;
  /** Position of the path, or of the nearest thing above it that the file has. */
  locate(path: FilePath): { line: number; column: number } | null;
}

/** Far above any real estate (10,000 meters take 3 MB), far below what would exhaust the memory. */
const LIMIT_CHARACTERS = 32 * 1024 * 1024;

/**
 * Reads the text of an estate file, YAML or JSON; anything but a string is taken as its content.
 * @throws EstateFileError with every syntax error.
 */
export function readDocument(input: unknown): EstateDocument {
  if (typeof input !== 'string') return { value: input, locate: () => null };
  if (input.length > LIMIT_CHARACTERS) fail(`is longer than ${LIMIT_CHARACTERS} characters`);
  const counter = new LineCounter();
  try {
    const document = parseDocument(input, { lineCounter: counter, prettyErrors: false });
    const wrong = [...document.errors, ...document.warnings];
    // The parser recurses, and reports the end of its stack once for each level.
    if (wrong.some((e) => e.message.startsWith('Maximum call stack'))) fail('is nested too deeply');
    if (wrong.length > 0) {
      throw new EstateFileError(
        wrong.map((e) => {
          const { line, col } = counter.linePos(e.pos[0]);
          const message = e.code === 'MULTIPLE_DOCS' ? 'a second document begins' : e.message;
          return { path: '', message: `syntax: ${message}`, line, column: col };
        }),
      );
    }
    const locate = (path: FilePath): { line: number; column: number } => {
      let node: unknown = document.contents;
      let offset = offsetOf(node) ?? 0;
      for (const key of path) {
        if (isAlias(node)) node = node.resolve(document);
        let step: unknown;
        if (isMap(node)) {
          const pair = node.items.find((p) => isScalar(p.key) && String(p.key.value) === String(key));
          step = pair?.key;
          node = pair?.value;
        } else if (isSeq(node)) {
          step = node.items[Number(key)];
          node = step;
        }
        const at = offsetOf(step);
        if (at === null) break;
        offset = at;
      }
      const { line, col } = counter.linePos(offset);
      return { line, column: col };
    };
    return { value: document.toJS() as unknown, locate };
  } catch (error) {
    if (error instanceof EstateFileError) throw error;
    if (error instanceof RangeError) return fail('is nested too deeply');
    // An alias without its anchor, or aliases of aliases that would grow without end.
    if (error instanceof ReferenceError) return fail(`cannot be read: ${error.message}`);
    throw error;
  }
}

function fail(message: string): never {
  throw new EstateFileError([{ path: '', message: `the file ${message}`, line: null, column: null }]);
}

function offsetOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node)) return null;
  return Array.isArray(node.range) ? (node.range[0] as number) : null;
}

/** As people write it: `meters[3].exchanges[0].at`. */
export function spellPath(path: FilePath): string {
  let out = '';
  for (const key of path) {
    if (typeof key === 'number') out += `[${key}]`;
    else out += out === '' ? key : `.${key}`;
  }
  return out;
}
