import { Failure, type Io } from './io.ts';

interface ProblemBody {
  title?: string;
  detail?: string;
  errors?: { path: string; message: string }[];
}

/** The answer itself when it is good. @throws Failure with everything that the problem document says */
export async function good(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  let problem: ProblemBody;
  try {
    problem = JSON.parse(text) as ProblemBody;
  } catch {
    throw new Failure(`${response.status}: ${text.slice(0, 500)}`);
  }
  const lines = (problem.errors ?? []).map((e) => (e.path ? `${e.path}: ${e.message}` : e.message));
  const head = problem.detail ?? problem.title ?? String(response.status);
  // The summary says what, the list says where; what one already says the other need not repeat.
  throw new Failure([head, ...lines.filter((line) => !head.includes(line))].join('\n'));
}

/** Copies the body to the output as it comes. */
export async function copyOut(response: Response, io: Io): Promise<void> {
  if (!response.body) return;
  for await (const chunk of response.body) await io.out(chunk);
}

/** Lines of newline-delimited JSON as they come. */
export async function* jsonLines<T>(response: Response): AsyncGenerator<T> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as T;
}
