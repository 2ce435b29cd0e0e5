/** Renders reports away from the main thread: plain data in, bytes out, one after the other. */
import { parentPort } from 'node:worker_threads';
import { renderForms } from './forms.ts';
import type { RenderAnswer, RenderTask } from './pool.ts';

const port = parentPort;
if (!port) throw new Error('reports are rendered on a worker thread');

port.on('message', (task: RenderTask) => {
  void answerTo(task).then((answer) => {
    port.postMessage(
      answer,
      'made' in answer ? Object.values(answer.made).map((b) => b.buffer as ArrayBuffer) : [],
    );
  });
});

async function answerTo({ report, forms, look }: RenderTask): Promise<RenderAnswer> {
  try {
    const made = await renderForms(report, forms, look);
    // A Buffer may be a window on memory that others use: only a copy of its own can be handed over.
    return {
      made: Object.fromEntries(Object.entries(made).map(([form, bytes]) => [form, new Uint8Array(bytes)])),
    };
  } catch (error) {
    return { error: `report ${report.kind} ${report.node.id} ${report.month}: ${String(error)}` };
  }
}
