import type { Random } from '../random.js';
import type { Raster } from '../raster.js';
import { catalogueShot, chart, code, icon, invoice, textPage } from './drawn.js';
import { dark, flat, gradient, panFrame, sky } from './plain.js';

/** Pictures that tools wrongly call copies of each other. No two in a set are copies of one picture. */
export interface HardSet {
  name: string;
  /** `photos` are two that are used for nothing else; `index` counts from 0. */
  render: (index: number, random: Random, photos: readonly [Raster, Raster]) => Raster | Promise<Raster>;
  /** Consecutive pictures that show one scene and share their two photos and their random numbers. */
  sequence: number;
}

const single = (name: string, render: HardSet['render']): HardSet => ({ name, render, sequence: 1 });

export const hardSets: readonly HardSet[] = [
  single('flat', (index, random) => flat(random, index)),
  single('gradients', (_index, random) => gradient(random)),
  single('skies', (_index, random) => sky(random)),
  single('dark', (_index, random, [photo]) => dark(photo, random)),
  single('documents', (_index, random) => textPage(random)),
  single('invoices', (_index, random) => invoice(random)),
  single('charts', (_index, random) => chart(random)),
  single('code', (_index, random) => code(random)),
  single('icons', (_index, random) => icon(random)),
  single('catalogue, drawn', (index, random) => catalogueShot(random, index)),
  {
    name: 'consecutive frames',
    sequence: 5,
    render: (index, random, [ground, subject]) => panFrame(ground, subject, random, index % 5),
  },
];
