import type { Knex } from 'knex';
import sharp from 'sharp';
import { v7 as uuidv7 } from 'uuid';
import { renderPicture } from '../test/support/pictures.js';
import { DESCRIPTION, DESCRIPTOR_BYTES, FEATURE_BYTES, featuresIn } from '../workers/fingerprint/evidence.js';
import { fingerprint, type Fingerprint } from '../workers/fingerprint.js';
import { dihedralOfHash } from '../workers/match/hash-orientations.js';
import { madeUpFingerprint } from './duplicates/made-up-fingerprint.js';
import { type Random, seededRandom } from './duplicates/random.js';

const CHUNK = 500;
const COPIED = 40;
const PHOTOS = 120;
/** Of each corner's 256. */
const CHANGED_BITS = 5;

/** Fingerprints of rendered pictures, and of copies that were made smaller and recompressed. */
export async function renderFingerprints(): Promise<{ photos: Fingerprint[]; copies: Fingerprint[] }> {
  const photos: Fingerprint[] = [];
  const copies: Fingerprint[] = [];
  for (let seed = 0; seed < PHOTOS; seed++) {
    const file = await renderPicture({ seed: 5000 + seed, width: 800, height: 600 });
    photos.push(await fingerprintOf(file));
    if (seed < COPIED) copies.push(await fingerprintOf(await sharp(file).resize(500).jpeg({ quality: 60 }).toBuffer()));
  }
  return { photos, copies };
}

async function fingerprintOf(file: Buffer): Promise<Fingerprint> {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return fingerprint({ data, width: info.width, height: info.height });
}

/**
 * A customer's request of so many pictures that are analysed already: most of them like no other, and a few pairs of
 * copies.
 * @returns its id, and how many pairs there are.
 */
export async function seedKnownRequest(
  db: Knex,
  pictures: number,
  { photos, copies, analyserVersion }: { photos: Fingerprint[]; copies: Fingerprint[]; analyserVersion: string },
): Promise<{ requestId: string; pairs: number }> {
  const random = seededRandom(`request of ${pictures}`);
  const [ownerId, requestId, batchId] = [uuidv7(), uuidv7(), uuidv7()];
  await db('users').insert({
    id: ownerId,
    email: `${ownerId}@example.com`,
    username: ownerId,
    name: 'Bench',
    passwordHash: '-',
  });
  await db('requests').insert({ id: requestId, ownerId, title: 'Bench', classes: [] });
  await db('upload_batches').insert({ id: batchId, requestId, ownerId });
  const pairs = Math.min(COPIED, Math.floor(pictures / 20));
  const planted = shuffled([...photos.slice(0, pairs), ...copies.slice(0, pairs)], pictures, random);
  for (let first = 0; first < pictures; first += CHUNK) {
    const size = Math.min(CHUNK, pictures - first);
    const prints = Array.from({ length: size }, (_, at) => planted.get(first + at) ?? madeUp(photos, random));
    await insertChunk(db, prints, { ownerId, requestId, batchId, analyserVersion, first });
  }
  await db.raw('analyze');
  return { requestId, pairs };
}

function shuffled(prints: Fingerprint[], places: number, random: Random): Map<number, Fingerprint> {
  const placed = new Map<number, Fingerprint>();
  for (const print of prints) {
    let place = random.integer(0, places - 1);
    while (placed.has(place)) place = random.integer(0, places - 1);
    placed.set(place, print);
  }
  return placed;
}

/**
 * A picture like no other, whose corners now and then look like those of others, as in photos: each is some rendered
 * picture's corner with a few bits changed. So many bits that as many pictures have two corners in common that lie alike
 * as among 960 photos of clothes and groceries.
 */
export function madeUp(photos: readonly Fingerprint[], random: Random): Fingerprint {
  const print = madeUpFingerprint(photos, random);
  const { evidence } = print;
  const { count, start } = featuresIn(evidence)!;
  for (let feature = 0; feature < count; feature++) {
    const other = random.pick(photos).evidence;
    const place = featuresIn(other)!;
    const from = place.start + random.integer(0, place.count - 1) * FEATURE_BYTES + DESCRIPTION;
    const at = start + feature * FEATURE_BYTES + DESCRIPTION;
    evidence.set(other.subarray(from, from + DESCRIPTOR_BYTES), at);
    for (let flip = 0; flip < CHANGED_BITS; flip++) evidence[at + random.integer(0, 31)]! ^= 1 << random.integer(0, 7);
  }
  return { ...print, dihedral: dihedralOfHash(print.pdq) };
}

async function insertChunk(
  db: Knex,
  prints: readonly Fingerprint[],
  { first, ...owner }: { ownerId: string; requestId: string; batchId: string; analyserVersion: string; first: number },
): Promise<void> {
  const bytes = (array: Uint8Array | Int8Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  await db.raw(
    `with print as (
       select id, number, sha256(cast(cast(:requestId as text) || ' ' || number as bytea)) as sha256, pdq, dihedral,
              descriptor, evidence
       from unnest(cast(:ids as uuid[]), cast(:numbers as int[]), cast(:pdqs as bytea[]), cast(:dihedrals as bytea[]),
                   cast(:descriptors as bytea[]), cast(:evidences as bytea[]))
            as print (id, number, pdq, dihedral, descriptor, evidence)
     ), image as (
       insert into images (id, request_id, batch_id, owner_id, filename, storage_key, etag, sha256, bytes, content_type,
                           width, height)
       select id, cast(:requestId as uuid), cast(:batchId as uuid), cast(:ownerId as uuid), number || '.jpg', id, id, sha256,
              100000, 'image/jpeg', 800, 600
       from print
     ), analysis as (
       insert into image_analyses (sha256, analyser_version, width, height, pdq, pdq_quality, detector_score, provenance,
                                   findings)
       select sha256, :analyserVersion, 800, 600, pdq, 100, 0.01, '[]', '{}' from print
     )
     insert into picture_fingerprints (sha256, analyser_version, dihedral, descriptor, evidence)
     select sha256, :analyserVersion, dihedral, descriptor, evidence from print`,
    {
      ...owner,
      ids: prints.map(() => uuidv7()),
      numbers: prints.map((_, at) => first + at),
      pdqs: prints.map(({ pdq }) => bytes(pdq)),
      dihedrals: prints.map(({ dihedral }) => bytes(dihedral)),
      descriptors: prints.map(({ descriptor }) => bytes(descriptor)),
      evidences: prints.map(({ evidence }) => bytes(evidence)),
    },
  );
}
