import type { Knex } from 'knex';
import { PictureFingerprint } from '../../../../models/picture-fingerprint.js';
import type { Candidate } from '../../../../workers/match/fingerprint-index.js';
import type { CompareTask, PartsPlace, PartsTask, SearchTask } from '../../../../workers/match/match-task.js';
import type { KnownFingerprint, PairMatch } from '../../../../workers/match/pair-match.js';
import { alone, asDescriptor, type CandidateReader, type KnownPicture } from './candidates.js';
import type { KnownPictures } from './known-pictures.js';
import type { PartsMemory } from './parts.js';
import type { FoundMatch } from './save-matches.js';
import { firstUnscanned, sequencesOf } from './unscanned.js';

/** Where searching and comparing are done: on threads, or wherever a test wants them. */
export interface MatchThreads {
  search(task: SearchTask): Promise<Candidate[][]>;
  searchParts(task: PartsTask): Promise<PartsPlace[][]>;
  compare(tasks: CompareTask[]): Promise<(PairMatch | null)[][]>;
}

/** What a process keeps at hand for matching. */
export interface MatchMemory {
  known: KnownPictures;
  candidates: CandidateReader;
  parts: PartsMemory;
}

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

interface Query extends KnownFingerprint {
  sha256: Buffer;
  reach: Reach;
  dihedral: Uint8Array;
  descriptor: Int8Array;
  evidence: Uint8Array;
}

/** Candidates of a picture that are compared with it first; where that finds a copy, four times as many, and so on. */
const FIRST_CANDIDATES = 16;
const MOST_CANDIDATES = 1024;
/** Pictures whose candidates are in memory at a time: some 9 kB each, and ten times that once they are compared. */
const COMPARED_AT_ONCE = 8;

type Ground = MatchMemory & { db: Knex; pool: MatchThreads };

/**
 * Looks a batch of an owner's pictures up: among the owner's own and the references, or among everybody's. Of two of the
 * owner's own the one known later finds the other, so that each is looked up once among those before it, and afterwards
 * among new references alone. Of many copies of one picture each finds the others; of many that are merely somewhat
 * alike the most promising are looked at.
 * @returns each pair in both directions, and the sequence number up to which the batch is looked up now.
 */
export async function findMatches(
  ground: Ground,
  { ownerId, analyserVersion, everyone }: { ownerId: string; analyserVersion: string; everyone: boolean },
  pictures: readonly SoughtPicture[],
): Promise<{ matches: FoundMatch[]; scannedTo: number }> {
  const { db, known, pool } = ground;
  const scannedTo = await known.catchUp(db);
  const behind = everyone
    ? pictures.map((picture) => ({ ...picture, reach: ALL }))
    : await withReach(ground, { ownerId, analyserVersion }, pictures);
  const queries = await withFingerprints(db, analyserVersion, behind);
  if (queries.length === 0) return { matches: [], scannedTo };

  const owner = everyone ? undefined : known.ownerTag(ownerId);
  const byParts = await ground.parts.candidates(ground, ownerId, queries);
  const matches: FoundMatch[] = [];
  let wave = queries.map((query, at) => ({ query, sequences: byParts[at] ?? [], tried: new Set<number>() }));
  for (let limit = FIRST_CANDIDATES; wave.length > 0 && limit <= MOST_CANDIDATES; limit *= 4) {
    const positions = await pool.search({
      shared: known.index.shared,
      queries: wave.map(({ query }) => {
        const { pdq, dihedral, descriptor, evidence, reach } = query;
        const uploadsBelow = known.positionAfter(reach.uploadsBefore - 1);
        const from = known.positionAfter(Math.min(reach.uploadsAfter, reach.referencesAfter));
        const below = Math.max(uploadsBelow, known.positionAfter(known.lastReference));
        const scope = { ...(owner !== undefined && { owner }), uploadsBelow };
        const seenIn = limit === FIRST_CANDIDATES ? { evidence } : {};
        return { pdq, dihedral, descriptor, ...seenIn, options: { scope, from, below, limit } };
      }),
    });
    for (const [at, looked] of wave.entries()) {
      const found = (positions[at] ?? []).map(({ position }) => known.sequenceOf(position));
      looked.sequences = [...new Set([...found, ...looked.sequences])].filter(
        (sequence) => !looked.tried.has(sequence),
      );
      for (const sequence of looked.sequences) looked.tried.add(sequence);
    }
    const found = await compareAll(ground, wave);
    matches.push(...found);
    const copied = new Set(found.filter(({ relation }) => relation === 'copy').map(({ sha256 }) => hex(sha256)));
    wave = wave
      .filter(({ query }, at) => (positions[at]?.length ?? 0) >= limit && copied.has(hex(query.sha256)))
      .map((looked) => ({ ...looked, sequences: [] }));
  }
  return { matches, scannedTo };
}

const ALL: Reach = { uploadsAfter: 0, uploadsBefore: Infinity, referencesAfter: 0 };

/** The pictures that are to be looked up, and in what. */
async function withReach(
  { db, known }: Ground,
  owner: { ownerId: string; analyserVersion: string },
  pictures: readonly SoughtPicture[],
): Promise<(SoughtPicture & { reach: Reach })[]> {
  const sha256s = pictures.map(({ sha256 }) => sha256);
  const sequences = await sequencesOf(db, owner, sha256s);
  const unscanned = await firstUnscanned(db, owner, [...sequences.values()]);
  return pictures.flatMap((picture) => {
    const { sha256, scannedTo } = picture;
    if (scannedTo === 0) {
      const uploadsBefore = sequences.get(hex(sha256)) ?? Infinity;
      return { ...picture, reach: { ...ALL, uploadsBefore } };
    }
    if (unscanned === null && known.lastReference <= scannedTo) return [];
    const uploads =
      unscanned === null
        ? { uploadsAfter: Infinity, uploadsBefore: 0 }
        : { uploadsAfter: unscanned - 1, uploadsBefore: Infinity };
    return { ...picture, reach: { ...uploads, referencesAfter: scannedTo } };
  });
}

/** Compares pictures with what is known under sequence numbers, a few at a time. */
async function compareAll(
  ground: Ground,
  pictures: readonly { query: Query; sequences: number[] }[],
): Promise<FoundMatch[]> {
  const matches: FoundMatch[] = [];
  for (const some of inParts(pictures)) {
    const candidates = await ground.candidates.read(ground.db, new Set(some.flatMap(({ sequences }) => sequences)));
    const tasks = some.map(({ query, sequences }) => ({
      query,
      candidates: sequences.flatMap((sequence) => {
        const candidate = candidates.get(sequence);
        return candidate && !isSame(query, candidate) ? candidate : [];
      }),
    }));
    matches.push(...(await comparePairs(ground.pool, tasks)));
  }
  return matches;
}

/** So many together that they have `COMPARED_AT_ONCE` times `FIRST_CANDIDATES` candidates at most, or are one. */
function* inParts<Picture extends { sequences: number[] }>(pictures: readonly Picture[]): Generator<Picture[]> {
  let part: Picture[] = [];
  let room = COMPARED_AT_ONCE * FIRST_CANDIDATES;
  for (const picture of pictures) {
    if (part.length > 0 && picture.sequences.length > room) {
      yield part;
      part = [];
      room = COMPARED_AT_ONCE * FIRST_CANDIDATES;
    }
    part.push(picture);
    room -= picture.sequences.length;
  }
  if (part.length > 0) yield part;
}

const hex = (bytes: Buffer) => bytes.toString('hex');

/** Equal bytes need no comparing. */
const isSame = (query: Query, { sha256 }: KnownPicture) => sha256?.equals(query.sha256) ?? false;

/** The pictures with what they are looked up by; those of which it is gone meanwhile are left out. */
async function withFingerprints(
  db: Knex,
  analyserVersion: string,
  pictures: readonly (SoughtPicture & { reach: Reach })[],
): Promise<Query[]> {
  const missing = pictures.filter(({ fingerprint }) => !fingerprint).map(({ sha256 }) => sha256);
  const read =
    missing.length > 0 ? await PictureFingerprint.query(db).where({ analyserVersion }).whereIn('sha256', missing) : [];
  const bySha256 = new Map<string, Fingerprinted>(read.map((row) => [row.sha256.toString('hex'), row]));
  return pictures.flatMap(({ sha256, pdq, pdqQuality, reach, fingerprint }) => {
    const print = fingerprint ?? bySha256.get(sha256.toString('hex'));
    if (!print) return [];
    const descriptor = print.descriptor instanceof Int8Array ? print.descriptor : asDescriptor(print.descriptor);
    const [dihedral, evidence] = [alone(print.dihedral), alone(print.evidence)];
    return { sha256, reach, pdq: alone(pdq), quality: pdqQuality, dihedral, descriptor, evidence };
  });
}

/** Compares each pair one way, and those that match the other way too, for what was done to which. */
async function comparePairs(
  threads: MatchThreads,
  tasks: { query: Query; candidates: KnownPicture[] }[],
): Promise<FoundMatch[]> {
  const compared = await threads.compare(tasks.filter(({ candidates }) => candidates.length > 0));
  const pairs = tasks
    .filter(({ candidates }) => candidates.length > 0)
    .flatMap(({ query, candidates }, task) =>
      candidates.flatMap((candidate, at) => {
        const match = compared[task]?.[at];
        return match ? { query, candidate, match } : [];
      }),
    );
  const uploads = pairs.filter(({ candidate }) => candidate.referenceId === null);
  const back = await threads.compare(
    uploads.map(({ query, candidate }) => ({ query: candidate, candidates: [query] })),
  );
  const there = pairs.map(({ query, candidate, match }) =>
    asFound(query.sha256, match, { otherSha256: candidate.sha256, referenceId: candidate.referenceId }),
  );
  const andBack = uploads.flatMap(({ query, candidate, match }, at) =>
    candidate.sha256
      ? asFound(candidate.sha256, back[at]?.[0] ?? match, { otherSha256: query.sha256, referenceId: null })
      : [],
  );
  return [...there, ...andBack];
}

function asFound(
  sha256: Buffer,
  { score, relation, transformation, evidence }: PairMatch,
  { otherSha256, referenceId }: Pick<FoundMatch, 'otherSha256' | 'referenceId'>,
): FoundMatch {
  const other = referenceId === null ? { otherSha256, referenceId } : { otherSha256: null, referenceId };
  return { sha256, ...other, score, relation: relation === 'near_shot' ? relation : 'copy', transformation, evidence };
}
