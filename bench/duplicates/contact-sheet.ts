import sharp from 'sharp';
import type { Picture } from './copy-set.js';
import type { Evaluation, RatedPair } from './evaluation.js';

const CELL = 240;
const GAP = 6;
const PAIRS = 10;

/**
 * Writes a PNG of the ten worst false pairs (upper two rows of pairs) and the ten worst misses, of as many kinds as there
 * are (lower two rows), each pair side by side. @returns what is where, line by line.
 */
export async function writeContactSheet(
  evaluation: Evaluation,
  pictures: readonly Picture[],
  path: string,
): Promise<string[]> {
  const falsePairs = evaluation.wrong.slice(0, PAIRS);
  const misses = worstMisses(evaluation, pictures);
  const cells = [...padded(falsePairs), ...padded(misses)].flatMap((pair, index) =>
    pair === null ? [] : [{ pair, column: index % 5, row: Math.floor(index / 5) }],
  );
  const tiles = await Promise.all(
    cells.flatMap(({ pair, column, row }) =>
      [pair.one, pair.other].map(async (picture, side) => ({
        input: await tile(pictures[picture]!.file),
        left: column * (2 * CELL + 3 * GAP) + side * (CELL + 1),
        top: row * (CELL + GAP),
      })),
    ),
  );
  const width = 5 * (2 * CELL + 3 * GAP);
  const height = 4 * (CELL + GAP);
  await sharp({ create: { width, height, channels: 3, background: '#446' } })
    .composite(tiles)
    .png()
    .toFile(path);
  const described = (pair: RatedPair) =>
    `${pair.strength.toFixed(3)}  ${label(pictures[pair.one]!)} | ${label(pictures[pair.other]!)}`;
  return ['False pairs:', ...falsePairs.map(described), 'Misses:', ...misses.map(described)];
}

/** The weakest of every kind, weakest kinds first, those above the tool's own threshold left out. */
function worstMisses({ right, ownThreshold }: Evaluation, pictures: readonly Picture[]): RatedPair[] {
  const missed = right.filter(({ strength }) => strength < ownThreshold).sort((a, b) => a.strength - b.strength);
  const names = [...new Set(missed.map(({ other }) => pictures[other]!.kind))];
  const kinds = names
    .map((name) => missed.filter(({ other }) => pictures[other]!.kind === name))
    .sort((a, b) => b.length - a.length);
  const picked: RatedPair[] = [];
  for (let round = 0; picked.length < PAIRS && kinds.some((pairs) => pairs.length > round); round++) {
    picked.push(...kinds.flatMap((pairs) => pairs.slice(round, round + 1)));
  }
  return picked.slice(0, PAIRS);
}

const padded = (pairs: readonly RatedPair[]): (RatedPair | null)[] =>
  Array.from({ length: PAIRS }, (_, index) => pairs[index] ?? null);

const label = ({ source, kind, role }: Picture) => `${source} ${kind || role}`;

const tile = (file: string): Promise<Buffer> =>
  sharp(file).autoOrient().resize(CELL, CELL, { fit: 'contain', background: '#446' }).removeAlpha().png().toBuffer();
