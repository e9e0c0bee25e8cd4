import type { MatchEvidence, PairMatch, Relation } from '../../../workers/match/pair-match.js';
import { type Group, groupPictures } from '../../features/duplicates/groups.js';
import { chooseKeeper, type KeeperCandidate, type KeeperReason } from '../../features/duplicates/keeper.js';
import { shareShown } from '../../features/duplicates/share-shown.js';
import type { AnalysisPool } from '../../queue/analysis-pool.js';
import { type FolderExamination, keyOf, type Picture } from './examine-folder.js';

export interface GroupMember {
  picture: Picture;
  /** To the keeper, or where they are only tied by another to that one; null for the keeper. */
  relation: Relation | null;
  score: number | null;
  /** What was done to the keeper to make this one. */
  transformation: string[];
}

export interface DuplicateGroup {
  keeper: GroupMember;
  /** By which criteria the others fell behind the keeper. */
  reasons: KeeperReason[];
  others: GroupMember[];
}

/** Members of a group that are compared with each other; the rest only count. */
const MOST_COMPARED = 500;

type Tie = Pick<PairMatch, 'relation' | 'score' | 'transformation'> & { evidence: Partial<MatchEvidence> };

/** Which pictures are copies of each other, each group with the one worth keeping, the largest group first. */
export async function* duplicateGroups(
  examination: FolderExamination,
  pool: AnalysisPool,
): AsyncGenerator<DuplicateGroup> {
  const { pictures, edges } = examination;
  const groups = groupPictures(edges, (a, b) => preferred(pictures, a, b));
  for (const group of groups.sort((one, other) => other.members.size - one.members.size)) {
    yield await asGroup(examination, pool, group);
  }
}

/** Who represents two copies while they are grouped: the larger, the less compressed, the earlier. */
function preferred(pictures: readonly Picture[], a: string, b: string): string {
  const [one, other] = [pictures[Number(a)], pictures[Number(b)]];
  if (!one || !other) return a;
  const better = pixelsOf(one) - pixelsOf(other) || one.bytes - other.bytes || (a < b ? 1 : -1);
  return better > 0 ? a : b;
}

const pixelsOf = ({ width, height }: Picture) => width * height;

interface Candidate extends KeeperCandidate {
  number: number;
}

async function asGroup(examination: FolderExamination, pool: AnalysisPool, group: Group): Promise<DuplicateGroup> {
  const representative = Number(group.representative);
  const members = [...group.members.keys()].map(Number);
  const ties = await tiesTo(examination, pool, representative, members);
  const isBordered = [...ties.values()].some(({ transformation }) => transformation.includes('border removed'));
  const candidateOf = (number: number, tie: Tie | undefined): Candidate => {
    const picture = pictureOf(examination, number);
    return {
      key: keyOf(number),
      number,
      isReference: false,
      decision: null,
      shown: shareShown(tie ?? null),
      bordered: tie ? tie.transformation.includes('border') : number === representative && isBordered,
      pixels: pixelsOf(picture),
      bytes: picture.bytes,
      metadataBytes: picture.metadataBytes,
      createdAt: picture.modifiedAt,
    };
  };
  const { keeper, reasons } = chooseKeeper([
    candidateOf(representative, undefined),
    ...members.map((number) => candidateOf(number, ties.get(number))),
  ]);
  const others = [representative, ...members].filter((number) => number !== keeper.number);
  const toKeeper = keeper.number === representative ? ties : await tiesTo(examination, pool, keeper.number, others);
  const memberOf = (number: number): GroupMember => {
    const edge = group.members.get(keyOf(number)) ?? group.members.get(keyOf(keeper.number));
    const tie = toKeeper.get(number);
    return {
      picture: pictureOf(examination, number),
      relation: tie?.relation ?? edge?.relation ?? null,
      score: tie?.score ?? edge?.score ?? null,
      transformation: tie?.transformation ?? [],
    };
  };
  return {
    keeper: { picture: pictureOf(examination, keeper.number), relation: null, score: null, transformation: [] },
    reasons,
    others: others.map(memberOf).sort((one, other) => (other.score ?? 0) - (one.score ?? 0)),
  };
}

function pictureOf({ pictures }: FolderExamination, number: number): Picture {
  const picture = pictures[number];
  if (!picture) throw new RangeError(`There is no picture ${number}`);
  return picture;
}

/** How pictures compare with one, by number; what does not match it has no place there. */
async function tiesTo(
  examination: FolderExamination,
  pool: AnalysisPool,
  one: number,
  others: readonly number[],
): Promise<Map<number, Tie>> {
  const ties = new Map<number, Tie>();
  const { sha256 } = pictureOf(examination, one);
  const candidate = await examination.fingerprintOf(one);
  const compared: number[] = [];
  for (const other of others) {
    if (pictureOf(examination, other).sha256.equals(sha256)) {
      ties.set(other, { relation: 'exact', score: 1, transformation: [], evidence: {} });
    } else if (compared.length < MOST_COMPARED) compared.push(other);
  }
  if (!candidate) return ties;
  const tasks = [];
  for (const number of compared) {
    const query = await examination.fingerprintOf(number);
    if (query) tasks.push({ number, query });
  }
  const matches = await pool.compare(tasks.map(({ query }) => ({ query, candidates: [candidate] })));
  for (const [at, { number }] of tasks.entries()) {
    const match = matches[at]?.[0];
    if (match) ties.set(number, match);
  }
  return ties;
}
