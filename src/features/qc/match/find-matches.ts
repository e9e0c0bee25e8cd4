import type { Knex } from 'knex';
import type { FingerprintArena } from '../../../../workers/match/fingerprint-arena.js';
import type {
  LookedUp,
  LookUpTask,
  StoredMatch,
  StoredPair,
  StoredPairs,
} from '../../../../workers/match/match-task.js';
import type { PairMatch } from '../../../../workers/match/pair-match.js';
import { ARENA_FINGERPRINTS, type CandidateReader, type KnownPicture } from './candidates.js';
import type { KnownPictures } from './known-pictures.js';
import type { PartsMemory, PartsSearch } from './parts.js';
import { readQueries, type Query, type Reach, type SoughtPicture } from './queries.js';
import type { FoundMatch } from './save-matches.js';
import { firstUnscanned, sequencesOf } from './unscanned.js';

/** Where searching and comparing are done: on threads, or wherever a test wants them. */
export interface MatchThreads {
  lookUp(task: LookUpTask): Promise<LookedUp[]>;
  compareStored(pairs: StoredPairs): Promise<StoredMatch[]>;
}

/** What a process keeps at hand for matching. */
export interface MatchMemory {
  known: KnownPictures;
  candidates: CandidateReader;
  parts: PartsMemory;
}

/** A query, and the pictures it has met, by sequence numbers. */
interface Looked {
  query: Query;
  tried: Set<number>;
}

/** A picture that a query is to be compared with. */
interface Met {
  query: Query;
  sequence: number;
  isReference: boolean;
}

/** Candidates of a picture that are compared with it first; where that finds a copy, four times as many, and so on. */
const FIRST_CANDIDATES = 16;
const MOST_CANDIDATES = 1024;
/** So many pictures that share parts with a query are compared with it. */
const MOST_PARTS = 20;

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
  owner: { ownerId: string; analyserVersion: string; everyone: boolean },
  pictures: readonly SoughtPicture[],
): Promise<{ matches: FoundMatch[]; scannedTo: number }> {
  const { db, known, candidates } = ground;
  const { ownerId, analyserVersion, everyone } = owner;
  const scannedTo = await known.catchUp(db);
  const sought = everyone
    ? pictures.map((picture) => ({ ...picture, reach: ALL }))
    : await withReach(ground, owner, pictures);
  if (sought.length === 0) return { matches: [], scannedTo };

  const newest = { owner: known.lastOf(ownerId), references: known.lastReference };
  const parts = await ground.parts.open(db, ownerId, newest);
  const matches: FoundMatch[] = [];
  for (let first = 0; first < sought.length; first += ARENA_FINGERPRINTS) {
    const some = sought.slice(first, first + ARENA_FINGERPRINTS);
    const found = await candidates.withArena(async (arena) => {
      const queries = await readQueries(db, arena, analyserVersion, some);
      return lookUpAll(ground, { arena, parts, owner: everyone ? undefined : known.ownerTag(ownerId) }, queries);
    });
    matches.push(...found);
  }
  return { matches, scannedTo };
}

interface Search {
  /** Where the queries lie. */
  arena: FingerprintArena;
  parts: PartsSearch;
  /** What the owner is called whose uploads alone count; undefined for everybody's. */
  owner: number | undefined;
}

async function lookUpAll(ground: Ground, search: Search, queries: readonly Query[]): Promise<FoundMatch[]> {
  const matches: FoundMatch[] = [];
  let wave: Looked[] = queries.map((query) => ({ query, tried: new Set<number>() }));
  for (let limit = FIRST_CANDIDATES; wave.length > 0 && limit <= MOST_CANDIDATES; limit *= 4) {
    const lookedUp = await ground.pool.lookUp(asTask(ground, search, { wave, limit }));
    const met = wave.flatMap((looked, at) => newlyMet(ground, search, looked, lookedUp[at]!));
    const found = await compareAll(ground, search, met);
    matches.push(...found);
    const copied = new Set(found.filter(({ relation }) => relation === 'copy').map(({ sha256 }) => hex(sha256)));
    wave = wave.filter(({ query }, at) => lookedUp[at]!.positions.length >= limit && copied.has(hex(query.sha256)));
  }
  return matches;
}

function asTask({ known }: Ground, search: Search, { wave, limit }: { wave: Looked[]; limit: number }): LookUpTask {
  const { owner, arena, parts } = search;
  return {
    memory: arena.memory,
    shared: known.index.shared,
    parts: parts.indices,
    mostParts: MOST_PARTS,
    queries: wave.map(({ query: { at, reach } }) => {
      const uploadsBelow = known.positionAfter(reach.uploadsBefore - 1);
      const from = known.positionAfter(Math.min(reach.uploadsAfter, reach.referencesAfter));
      const below = Math.max(uploadsBelow, known.positionAfter(known.lastReference));
      const scope = { ...(owner !== undefined && { owner }), uploadsBelow };
      const isFirst = limit === FIRST_CANDIDATES;
      const ranges = isFirst ? parts.rangesOf(reach) : [];
      return { at, options: { scope, from, below, limit }, views: isFirst, ranges };
    }),
  };
}

/** What a picture has not been compared with before. */
function newlyMet({ known }: Ground, { parts }: Search, { query, tried }: Looked, lookedUp: LookedUp): Met[] {
  const pictures = [
    ...lookedUp.positions.map((position) => ({
      sequence: known.sequenceOf(position),
      isReference: known.isReference(position),
    })),
    ...lookedUp.parts.map((place) => parts.pictureAt(place)),
  ];
  return pictures.flatMap(({ sequence, isReference }) => {
    if (tried.has(sequence)) return [];
    tried.add(sequence);
    return { query, sequence, isReference };
  });
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

/** Compares pictures with what they have met, a few at a time. */
async function compareAll(ground: Ground, { arena }: Search, met: readonly Met[]): Promise<FoundMatch[]> {
  const matches: FoundMatch[] = [];
  for (const some of inParts(met)) {
    const found = await ground.candidates.withArena(async (lent) => {
      const of = (isReference: boolean) => [
        ...new Set(some.filter((pair) => pair.isReference === isReference).map(({ sequence }) => sequence)),
      ];
      const pictures = await ground.candidates.read(ground.db, lent, { uploads: of(false), references: of(true) });
      const pairs = some.flatMap(({ query, sequence }) => {
        const candidate = pictures.get(sequence);
        return candidate && !isSame(query, candidate) ? { query, candidate } : [];
      });
      if (pairs.length === 0) return [];
      const compared = await ground.pool.compareStored({
        queries: arena.memory,
        candidates: lent.memory,
        // Of an upload, that it matches is told of it too.
        pairs: pairs.map(({ query, candidate }): StoredPair => [
          query.at,
          candidate.at,
          candidate.sha256 !== null && candidate.referenceId === null,
        ]),
      });
      return compared.flatMap((match) => bothDirections(pairs[match.pair]!, match));
    });
    matches.push(...found);
  }
  return matches;
}

/** In parts of so many pictures that have been met as an arena holds. */
function* inParts(met: readonly Met[]): Generator<Met[]> {
  let part: Met[] = [];
  let sequences = new Set<number>();
  for (const pair of met) {
    if (sequences.size === ARENA_FINGERPRINTS && !sequences.has(pair.sequence)) {
      yield part;
      part = [];
      sequences = new Set();
    }
    part.push(pair);
    sequences.add(pair.sequence);
  }
  if (part.length > 0) yield part;
}

const hex = (bytes: Buffer) => bytes.toString('hex');

/** Equal bytes need no comparing. */
const isSame = (query: Query, { sha256 }: KnownPicture) => sha256?.equals(query.sha256) ?? false;

/** What matches whom, and of uploads the other way round too. */
function bothDirections(
  { query, candidate }: { query: Query; candidate: KnownPicture },
  { match, back }: StoredMatch,
): FoundMatch[] {
  const { sha256, referenceId } = candidate;
  const there = asFound(query.sha256, match, { otherSha256: sha256, referenceId });
  if (referenceId !== null || !sha256) return [there];
  return [there, asFound(sha256, back ?? match, { otherSha256: query.sha256, referenceId: null })];
}

function asFound(
  sha256: Buffer,
  { score, relation, transformation, evidence }: PairMatch,
  { otherSha256, referenceId }: Pick<FoundMatch, 'otherSha256' | 'referenceId'>,
): FoundMatch {
  const other = referenceId === null ? { otherSha256, referenceId } : { otherSha256: null, referenceId };
  return { sha256, ...other, score, relation: relation === 'near_shot' ? relation : 'copy', transformation, evidence };
}
