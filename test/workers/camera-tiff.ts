export interface CameraValues {
  make?: string;
  exposure?: [number, number];
  iso?: number;
  takenAt?: string;
  /** Bytes of the maker note. */
  note?: number;
}

/** What a camera writes: a big-endian TIFF structure with its name, the exposure and a maker note. */
export function cameraTiff(values: CameraValues = {}): Buffer {
  const { make = 'Canon', exposure = [1, 250], iso = 400, takenAt = '2024:05:17 10:20:30', note = 600 } = values;
  const main: Entry[] = [
    ascii(0x010f, make),
    ascii(0x0110, 'EOS R5'),
    { tag: 0x8769, type: 4, count: 1, value: Buffer.alloc(4) },
  ];
  const exif: Entry[] = [
    rational(0x829a, exposure),
    rational(0x829d, [28, 10]),
    { tag: 0x8827, type: 3, count: 1, value: uint16s(iso, 0) },
    ascii(0x9003, takenAt),
    rational(0x920a, [50, 1]),
    { tag: 0x927c, type: 7, count: note, value: Buffer.alloc(note, 0x5a) },
  ];
  const exifAt = 8 + directoryLength(main);
  main[2]!.value = uint32s(exifAt);
  const valuesAt = exifAt + directoryLength(exif);
  const long = [...main, ...exif].filter(({ value }) => value.length > 4);
  const offsetOf = (entry: Entry) =>
    valuesAt + long.slice(0, long.indexOf(entry)).reduce((sum, { value }) => sum + value.length, 0);
  const directory = (entries: Entry[]) =>
    Buffer.concat([
      uint16s(entries.length),
      ...entries.map((entry) => {
        const { tag, type, count, value } = entry;
        return Buffer.concat([uint16s(tag, type), uint32s(count), value.length > 4 ? uint32s(offsetOf(entry)) : value]);
      }),
      uint32s(0),
    ]);
  const head = Buffer.concat([Buffer.from('MM\0*'), uint32s(8)]);
  return Buffer.concat([head, directory(main), directory(exif), ...long.map(({ value }) => value)]);
}

interface Entry {
  tag: number;
  type: number;
  count: number;
  value: Buffer;
}

const directoryLength = (entries: readonly Entry[]) => 2 + entries.length * 12 + 4;

/** Padded, so that it is never as short as to stand in the entry itself. */
function ascii(tag: number, text: string): Entry {
  const value = Buffer.from(`${text}\0`.padEnd(6, '\0'));
  return { tag, type: 2, count: value.length, value };
}

const rational = (tag: number, [numerator, denominator]: [number, number]): Entry => ({
  tag,
  type: 5,
  count: 1,
  value: uint32s(numerator, denominator),
});

function uint16s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}
