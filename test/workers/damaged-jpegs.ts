import { scene, toSharp } from './scenes.js';

export interface Random {
  /** In [0, below). */
  integer: (below: number) => number;
}

/** Xorshift32. */
export function seededRandom(seed: number): Random {
  let state = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0;
  return {
    integer: (below) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state % below;
    },
  };
}

/** 44 × 36 in 4:2:2 with Huffman tables of its own and a restart marker after every second unit. */
const RESTARTING =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABIMDRANCxIQDhAUExIVGywdGxgYGzYnKSAsQDlEQz85Pj1HUGZXR0thTT0+WXlaYWltcnNyRVV9hnxvhWZw' +
  'cm7/2wBDARMUFBsXGzQdHTRuST5Jbm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm5ubm7/wAARCAAkACwDASEAAhEB' +
  'AxEB/8QAGQABAQEBAQEAAAAAAAAAAAAABAMFBgEC/8QAJxAAAgEDAwMDBQAAAAAAAAAAAQIAAxEhBBIxIkFRIzJhcYGRobH/xAAaAQEBAAMBAQAAAAAA' +
  'AAAAAAAEBQECAwAG/8QAKBEAAQMDAwMDBQAAAAAAAAAAAQACEQMhIhIjYRMxsRRBUXGBocHh/90ABAAC/9oADAMBAAIRAxEAPwDM0psBFnIk4U9RVl7t' +
  'uFI0rmK09LaRfET6YaZK+cfPUX//0NPT7ALExF18GRn06QNr/Rbl+IXGUn2xlJwRkyxQYI1FIq1PZf/RnTUvxgRCUgmTzDvd1Mn2AWX04ukU6lvaPzLr' +
  'Wx7/ANTg4kXGI/KE+peF/9LCBzEUGLOB2E2A2I+V6od1bOnFgAOf5EMoQeSYOpGrhvlLeNtf/9OrE36j9hLUyxUWUQpa4mwk+FGquzK5lFvmI0ybBc8x' +
  'odDG8AlXKjM5X//U90z7FF8kxO7FhljCOEEceSkvfhC+NmcZPcyq0+ngn5mr4iIn9/JUGozKV//VyqI9OKVQAsxOIHA8pz2jurKSGPwJekx237kzlUsT' +
  '91OeTML/1n01BIHaWUXXx9JOqEh0C38R3NHdf//Z';

/** Sound small JPEGs of the forms that there are. */
export async function soundJpegs(): Promise<Buffer[]> {
  const sizes = [
    [64, 48],
    [75, 53],
    [17, 90],
  ] as const;
  const encoded = await Promise.all(
    sizes.flatMap(([width, height], index) => {
      const picture = toSharp(scene(60 + index, width, height));
      return [
        picture.clone().jpeg({ quality: 80, chromaSubsampling: '4:2:0' }).toBuffer(),
        picture.clone().jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).withMetadata({ orientation: 6 }).toBuffer(),
        picture.clone().jpeg({ quality: 40, optimiseCoding: false }).toBuffer(),
        picture.clone().toColourspace('b-w').jpeg({ quality: 95 }).toBuffer(),
        picture.clone().jpeg({ progressive: true }).toBuffer(),
        picture.clone().toColourspace('cmyk').jpeg().toBuffer(),
      ];
    }),
  );
  return [...encoded, Buffer.from(RESTARTING, 'base64')];
}

export interface Segment {
  marker: number;
  start: number;
  end: number;
}

/** The segments before the scan's data. */
export function segmentsOf(jpeg: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff;) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    segments.push({ marker: jpeg[at + 1]!, start: at, end });
    if (jpeg[at + 1] === 0xda) break;
    at = end;
  }
  return segments;
}

type Damage = (jpeg: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

const damages: Record<string, Damage> = {
  'flipped bits': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    for (let count = random.integer(6); count >= 0; count--) {
      damaged[random.integer(jpeg.length)]! ^= 1 << random.integer(8);
    }
    return damaged;
  },
  'flipped bits of the scan': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    const start = segmentsOf(jpeg).at(-1)!.end;
    for (let count = random.integer(3); count >= 0; count--) {
      damaged[start + random.integer(jpeg.length - start)]! ^= 1 << random.integer(8);
    }
    return damaged;
  },
  'bytes written over': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    const start = random.integer(jpeg.length);
    for (let at = start; at < Math.min(jpeg.length, start + 1 + random.integer(40)); at++) {
      damaged[at] = random.integer(3) === 0 ? 0xff : random.integer(256);
    }
    return damaged;
  },
  'cut off': (jpeg, random) => {
    const cut = jpeg.subarray(0, random.integer(jpeg.length));
    return random.integer(2) === 0 ? cut : Buffer.concat([cut, Buffer.from([0xff, 0xd9])]);
  },
  'a piece taken out or put in twice': (jpeg, random) => {
    const start = random.integer(jpeg.length);
    const end = Math.min(jpeg.length, start + 1 + random.integer(60));
    const second = random.integer(2) === 0 ? end : start;
    return Buffer.concat([jpeg.subarray(0, end === second ? start : end), jpeg.subarray(second)]);
  },
  'the head of one, the scan of another': (jpeg, random, others) => {
    const other = others[random.integer(others.length)]!;
    return Buffer.concat([
      jpeg.subarray(0, segmentsOf(jpeg).at(-1)!.end),
      other.subarray(segmentsOf(other).at(-1)!.end),
    ]);
  },
  'a segment of another': (jpeg, random, others) => {
    const other = others[random.integer(others.length)]!;
    const segments = segmentsOf(jpeg);
    const { start, end, marker } = segments[random.integer(segments.length)]!;
    const fitting = segmentsOf(other).filter((segment) => segment.marker === marker);
    const given = fitting[random.integer(Math.max(1, fitting.length))];
    const middle = given ? other.subarray(given.start, given.end) : Buffer.alloc(0);
    return Buffer.concat([jpeg.subarray(0, start), middle, jpeg.subarray(end)]);
  },
  'bytes of a table or header': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    const segments = segmentsOf(jpeg).filter(({ marker }) => [0xc0, 0xc2, 0xc4, 0xda, 0xdb, 0xdd].includes(marker));
    const { start, end } = segments[random.integer(segments.length)]!;
    for (let count = random.integer(3); count >= 0; count--) {
      const at = start + 1 + random.integer(end - start - 1);
      damaged[at] = random.integer(2) === 0 ? random.integer(256) : damaged[at]! + random.integer(5) - 2;
    }
    return damaged;
  },
  'Huffman tables with their symbols in another order': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    for (const { marker, start, end } of segmentsOf(jpeg)) {
      if (marker !== 0xc4 || random.integer(2) === 0) continue;
      for (let count = 1 + random.integer(4); count > 0; count--) {
        const [a, b] = [start + 21 + random.integer(end - start - 21), start + 21 + random.integer(end - start - 21)];
        [damaged[a], damaged[b]] = [damaged[b]!, damaged[a]!];
      }
    }
    return damaged;
  },
  'another size': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    const frame = segmentsOf(jpeg).find(({ marker }) => marker === 0xc0 || marker === 0xc2)!;
    const side = () => (random.integer(3) === 0 ? random.integer(65_536) : random.integer(160));
    damaged.writeUInt16BE(side(), frame.start + 5);
    if (random.integer(2) === 0) damaged.writeUInt16BE(side(), frame.start + 7);
    return damaged;
  },
  'arithmetic coding, other frames, 12 bits': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    const frame = segmentsOf(jpeg).find(({ marker }) => marker === 0xc0 || marker === 0xc2)!;
    damaged[frame.start + 1] = 0xc0 + random.integer(16);
    if (random.integer(3) === 0) damaged[frame.start + 4] = 12;
    return damaged;
  },
  'steps of other sizes': (jpeg, random) => {
    const damaged = Buffer.from(jpeg);
    for (const { marker, start, end } of segmentsOf(jpeg)) {
      if (marker !== 0xdb) continue;
      for (let count = random.integer(20); count >= 0; count--) {
        damaged[start + 5 + random.integer(end - start - 5)] = random.integer(256);
      }
    }
    return damaged;
  },
  'a restart interval that is not kept': (jpeg, random) => {
    const { start } = segmentsOf(jpeg).at(-1)!;
    const interval = Buffer.from([0xff, 0xdd, 0, 4, 0, random.integer(12)]);
    return Buffer.concat([jpeg.subarray(0, start), interval, jpeg.subarray(start)]);
  },
  'markers in the scan': (jpeg, random) => {
    const start = segmentsOf(jpeg).at(-1)!.end;
    const at = start + random.integer(jpeg.length - start);
    const marker = Buffer.from([0xff, [0xd0, 0xd1, 0xd9, 0xff, 0x00, 0xd8, 0xc4][random.integer(7)]!]);
    return Buffer.concat([jpeg.subarray(0, at), marker, jpeg.subarray(at)]);
  },
  'a scan of noise': (jpeg, random) => {
    const { end } = segmentsOf(jpeg).at(-1)!;
    const noise = Buffer.from(Array.from({ length: random.integer(3000) }, () => random.integer(256)));
    return Buffer.concat([jpeg.subarray(0, end), noise, Buffer.from([0xff, 0xd9])]);
  },
};

/** One of the sound ones, damaged in some way; the same for the same number. */
export function damagedJpeg(number: number, sound: readonly Buffer[]): { damage: string; bytes: Buffer } {
  const random = seededRandom(number);
  const names = Object.keys(damages);
  const damage = names[number % names.length]!;
  return { damage, bytes: damages[damage]!(sound[random.integer(sound.length)]!, random, sound) };
}
