import type { Knex } from 'knex';
import type { PictureFingerprint } from '../../../../models/picture-fingerprint.js';
import type { FingerprintArena } from '../../../../workers/match/fingerprint-arena.js';
import { copyBytes, copyLiteral, copyOut } from './binary-copy.js';

/** A picture to look up. */
export interface SoughtPicture {
  sha256: Buffer;
  /** 32 bytes. */
  pdq: Buffer;
  /** 0…100. */
  pdqQuality: number;
  /** The sequence number up to which it was looked up before; 0 for never. */
  scannedTo: number;
  /** Where it is at hand; else it is read. */
  fingerprint?: Pick<PictureFingerprint, 'dihedral' | 'descriptor' | 'evidence'> | Fingerprinted | null | undefined;
}

interface Fingerprinted {
  dihedral: Uint8Array;
  descriptor: Int8Array | Uint8Array;
  evidence: Uint8Array;
}

/** Which pictures one is looked up among, by sequence numbers; the ends are not among them. */
export interface Reach {
  uploadsAfter: number;
  uploadsBefore: number;
  referencesAfter: number;
}

/** A picture whose fingerprint is in an arena. */
export interface Query {
  sha256: Buffer;
  reach: Reach;
  at: number;
}

/** Puts what the pictures are looked up by into an arena; those of which it is gone meanwhile are left out. */
export async function readQueries(
  db: Knex,
  arena: FingerprintArena,
  analyserVersion: string,
  pictures: readonly (SoughtPicture & { reach: Reach })[],
): Promise<Query[]> {
  const places = new Map<string, number>();
  const missing = new Map<string, SoughtPicture>();
  for (const { fingerprint, ...picture } of pictures) {
    const { sha256, pdq, pdqQuality: quality } = picture;
    if (fingerprint) places.set(hex(sha256), arena.add({ pdq, quality, ...fingerprint }));
    else missing.set(hex(sha256), picture);
  }
  if (missing.size > 0) {
    await copyOut(
      db,
      `select sha256, dihedral, descriptor, evidence from picture_fingerprints
       where analyser_version = ${copyLiteral(analyserVersion)}
         and sha256 = any(${copyBytes([...missing.values()].map(({ sha256 }) => sha256))})`,
      (row) => {
        const key = hex(row.bytes(0)!);
        const { pdq, pdqQuality: quality } = missing.get(key)!;
        const [dihedral, descriptor, evidence] = [row.bytes(1), row.bytes(2), row.bytes(3)];
        places.set(key, arena.add({ pdq, quality, dihedral, descriptor, evidence }));
      },
    );
  }
  return pictures.flatMap(({ sha256, reach }) => {
    const at = places.get(hex(sha256));
    return at === undefined ? [] : { sha256, reach, at };
  });
}

const hex = (bytes: Buffer) => bytes.toString('hex');
