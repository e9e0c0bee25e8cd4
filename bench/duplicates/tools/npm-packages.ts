import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bytesOfHex, hammingComparer, type PairwiseTool } from './tool.js';

export const PEERS = join(import.meta.dirname, '../../peers');
const peerRequire = createRequire(join(PEERS, 'package.json'));

type SharpPhash = (file: string) => Promise<string>;
type ImageHash = (
  file: string,
  bits: number,
  precise: boolean,
  done: (error: Error | null, hash?: string) => void,
) => void;

/** 64 bits; its readme takes a distance below 5 for a copy. @throws where it is not installed. */
export function sharpPhash(): PairwiseTool {
  const phash = peerRequire('sharp-phash') as SharpPhash;
  return {
    name: 'sharp-phash',
    bytes: 8,
    ownThreshold: 4,
    timed: true,
    describe: async (file) => {
      const bits = await phash(file).catch(() => null);
      return bits === null ? null : Uint8Array.from(bits.match(/.{8}/g)!, (byte) => parseInt(byte, 2));
    },
    comparer: hammingComparer,
  };
}

/**
 * 256 bits by its precise method. It names no distance; 10 bits is what the authors of its algorithm, blockhash, give.
 * @throws where it is not installed.
 */
export function imageHash(): PairwiseTool {
  const { imageHash: hash } = peerRequire('image-hash') as { imageHash: ImageHash };
  return {
    name: 'image-hash',
    bytes: 32,
    ownThreshold: 10,
    timed: true,
    describe: (file) =>
      new Promise((resolve) => {
        hash(file, 16, true, (error, hex) => resolve(error === null && hex !== undefined ? bytesOfHex(hex) : null));
      }),
    comparer: hammingComparer,
  };
}
