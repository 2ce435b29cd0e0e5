import type { ImportProgress } from '../../../../server/http/schemas/readings.ts';
import { ApiError, apiPath, request } from './client.ts';

/**
 * Sends a CSV of readings and tells each line of progress as it comes.
 * @throws ApiError when the server refuses, and when the answer ends before it says that it is done.
 */
export async function importReadings(
  file: Blob,
  onprogress: (progress: ImportProgress) => void,
): Promise<void> {
  const response = await request(apiPath('/readings'), {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: file,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) throw new ApiError(0, null);
  let rest = '';
  let done = false;
  for (;;) {
    const chunk = await reader.read();
    rest += chunk.value ?? '';
    const lines = rest.split('\n');
    rest = chunk.done ? '' : (lines.pop() ?? '');
    for (const line of lines) {
      if (line.trim() === '') continue;
      const progress = JSON.parse(line) as ImportProgress;
      done ||= progress.done;
      onprogress(progress);
    }
    if (chunk.done) break;
  }
  if (!done) throw new ApiError(0, null);
}
