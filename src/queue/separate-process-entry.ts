import type { AnalysisTask, ThumbnailTask } from '../../workers/analysis.js';
import { AnalysisPool } from './analysis-pool.js';

export type Question =
  | { name: 'checkDetector' }
  | { name: 'analyse' | 'heatMap'; task: AnalysisTask }
  | { name: 'thumbnail'; task: ThumbnailTask };

export type Answer = { value: unknown } | { fault: string };

// Whoever asks looks at the clock, and ends this process, which stops whatever it is in.
const pool = new AnalysisPool({ threads: 1, detectorFolder: process.argv[2] ?? '', deadlineSeconds: null });

process.on('message', (question: Question) => {
  void answer(question).then((given) => process.send?.(given));
});
// Not by `process.exit`: a thread inside onnxruntime would make an abort with a core dump of it.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function answer(question: Question): Promise<Answer> {
  try {
    return { value: await ask(question) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function ask(question: Question): Promise<unknown> {
  switch (question.name) {
    case 'checkDetector':
      return pool.checkDetector();
    case 'thumbnail':
      return pool.thumbnail(question.task);
    case 'analyse':
    case 'heatMap':
      return pool[question.name](question.task);
  }
}
