/** The demo's pictures in a folder of one's own: `npm run demo:pictures -- <folder>`. */
import { resolve } from 'node:path';
import { renderDemoFolder } from './pictures.js';

const folder = resolve(process.argv[2] ?? 'pictures');
await renderDemoFolder(folder);
console.log(`Pictures to try things with are in ${folder}.`);
