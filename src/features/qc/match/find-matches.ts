import type { Knex } from 'knex';
import { PictureFingerprint } from '../../../../models/picture-fingerprint.js';
import type { Candidate } from '../../../../workers/match/fingerprint-index.js';
import type { CompareTask, SearchTask } from '../../../../workers/match/match-task.js';
import type { KnownFingerprint, PairMatch } from '../../../../workers/match/pair-match.js';
import { alone, asDescriptor, type CandidateReader, type KnownPicture } from './candidates.js';
import type { KnownPictures } from './known-pictures.js';
import type { PartsMemory } from './parts.js';
import type { FoundMatch } from './save-matches.js';

/** Where searching and comparing are done: on threads, or wherever a test wants them. */
export interface MatchThreads {
  search(task: SearchTask): Promise<Candidate[][]>;
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

interface Query extends KnownFingerprint {
  sha256: Buffer;
  scannedTo: number;
  dihedral: Uint8Array;
  descriptor: Int8Array;
  evidence: Uint8Array;
}

/**
 * Looks a batch of an owner's pictures up among all that is known, as far as it is newer than what each was looked up
 * in before: among the owner's own and the references, or among everybody's, and then in all.
 * @returns each pair in both directions, and the sequence number up to which the batch is looked up now.
 */
export async function findMatches(
  ground: MatchMemory & { db: Knex; pool: MatchThreads },
  { ownerId, analyserVersion, everyone }: { ownerId: string; analyserVersion: string; everyone: boolean },
  pictures: readonly SoughtPicture[],
): Promise<{ matches: FoundMatch[]; scannedTo: number }> {
  const { db, known, pool } = ground;
  const scannedTo = await known.catchUp(db);
  const behind = pictures.filter((picture) => everyone || picture.scannedTo < scannedTo);
  const queries = await withFingerprints(db, analyserVersion, behind);
  if (queries.length === 0) return { matches: [], scannedTo };

  const scope = everyone ? {} : { owner: known.ownerTag(ownerId), references: true };
  const positions = await pool.search({
    shared: known.index.shared,
    queries: queries.map((query) => {
      const from = everyone ? 0 : known.positionAfter(query.scannedTo);
      const { pdq, dihedral, descriptor } = query;
      return { pdq, dihedral, descriptor, options: { scope, from } };
    }),
  });
  const byParts = await ground.parts.candidates(db, ownerId, queries);
  const sequences = positions.map((found, at) => [
    ...new Set([...found.map(({ position }) => known.sequenceOf(position)), ...(byParts[at] ?? [])]),
  ]);
  const candidates = await ground.candidates.read(db, new Set(sequences.flat()));
  const tasks = queries.map((query, at) => ({
    query,
    candidates: (sequences[at] ?? []).flatMap((sequence) => {
      const candidate = candidates.get(sequence);
      return candidate && !isSame(query, candidate) ? candidate : [];
    }),
  }));
  return { matches: await comparePairs(pool, tasks), scannedTo };
}

/** Equal bytes need no comparing. */
const isSame = (query: Query, { sha256 }: KnownPicture) => sha256?.equals(query.sha256) ?? false;

/** The pictures with what they are looked up by; those of which it is gone meanwhile are left out. */
async function withFingerprints(
  db: Knex,
  analyserVersion: string,
  pictures: readonly SoughtPicture[],
): Promise<Query[]> {
  const missing = pictures.filter(({ fingerprint }) => !fingerprint).map(({ sha256 }) => sha256);
  const read =
    missing.length > 0 ? await PictureFingerprint.query(db).where({ analyserVersion }).whereIn('sha256', missing) : [];
  const bySha256 = new Map<string, Fingerprinted>(read.map((row) => [row.sha256.toString('hex'), row]));
  return pictures.flatMap(({ sha256, pdq, pdqQuality, scannedTo, fingerprint }) => {
    const print = fingerprint ?? bySha256.get(sha256.toString('hex'));
    if (!print) return [];
    const descriptor = print.descriptor instanceof Int8Array ? print.descriptor : asDescriptor(print.descriptor);
    const [dihedral, evidence] = [alone(print.dihedral), alone(print.evidence)];
    return { sha256, scannedTo, pdq: alone(pdq), quality: pdqQuality, dihedral, descriptor, evidence };
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
