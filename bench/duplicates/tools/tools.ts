import { difPy, dupeGuru } from './block-average.js';
import { imageHash, sharpPhash } from './npm-packages.js';
import { pdq, pdqWithQuality } from './pdq.js';
import { pythonImagehash } from './python-imagehash.js';
import type { PairwiseTool } from './tool.js';

/** Every tool that is installed; of the others it is said how to install them. */
export function pairwiseTools(): PairwiseTool[] {
  const installed = [sharpPhash, imageHash, () => pythonImagehash('phash'), () => pythonImagehash('dhash')].flatMap(
    (open) => {
      try {
        return [open()];
      } catch (error) {
        const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
        console.log(`Skipped: ${reason} bench/peers/install.sh installs the tools to compare with.`);
        return [];
      }
    },
  );
  return [pdq, pdqWithQuality, ...installed, dupeGuru, difPy];
}
