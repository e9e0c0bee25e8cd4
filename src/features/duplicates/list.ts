import type { Knex } from 'knex';
import type { DatasetRequest } from '../../../models/dataset-request.js';
import type { Actor } from '../auth/actor.js';
import type { Settings } from '../settings/settings.js';
import { type Group, groupPictures } from './groups.js';
import { chooseKeeper, type KeeperReason } from './keeper.js';
import { type Member, readMembers } from './members.js';
import { type Node, readEdges } from './read-edges.js';

export interface DuplicateFilter {
  thresholds: Settings;
  /** Whether other shots of a scene are shown beside the copies. */
  nearShots: boolean;
  /** Groups in which something is left to decide, or nothing. */
  state?: 'open' | 'resolved' | undefined;
  limit: number;
  /** The id of a group. */
  cursor?: string | undefined;
}

/** Pictures that are copies of each other, at least one of them in the request. */
export interface DuplicateGroup {
  /** That of its oldest image in the request. */
  id: string;
  /** Whether each of its images in the request was decided on. */
  resolved: boolean;
  /** How many there are; the members shown are the first hundreds. */
  total: number;
  /** The representative first, then the strongest tie. */
  members: Member[];
  keeper: Member;
  /** By which criteria the others fell behind the keeper. */
  reasons: KeeperReason[];
}

const MOST_MEMBERS = 500;

/** A request's groups of duplicates as things stand now, in order of id: up to `limit + 1`, and how many in all. */
export async function listDuplicates(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  { thresholds, nearShots, state, limit, cursor }: DuplicateFilter,
): Promise<{ rows: DuplicateGroup[]; total: number }> {
  const threshold = thresholds.duplicate_threshold;
  const { edges, nodes } = await readEdges(db, actor, request.id, { threshold, nearShots });
  const groups = groupPictures(edges, (a, b) => preferred(nodes, a, b))
    .map((group) => outline(group, nodes, request.id))
    .filter(({ resolved }) => state === undefined || resolved === (state === 'resolved'))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  const page = groups.filter(({ id }) => cursor === undefined || id > cursor).slice(0, limit + 1);
  const members = await readMembers(
    db,
    request,
    page.map(({ group, keys }) => ({ group, nodes: keys.flatMap((key) => nodes.get(key) ?? []) })),
  );
  const rows = page.flatMap(({ id, resolved, total }, at) => {
    const [first, ...rest] = members[at] ?? [];
    if (!first) return [];
    const { keeper, reasons } = chooseKeeper([first, ...rest]);
    return { id, resolved, total, members: [first, ...rest], keeper, reasons };
  });
  return { rows, total: groups.length };
}

interface Outline {
  id: string;
  resolved: boolean;
  total: number;
  group: Group;
  /** Of the representative, then of the members with the strongest ties. */
  keys: string[];
}

function outline(group: Group, nodes: ReadonlyMap<string, Node>, requestId: string): Outline {
  const keys = [group.representative, ...group.members.keys()];
  const own = keys.flatMap((key) => {
    const node = nodes.get(key);
    return node?.requestId === requestId ? node : [];
  });
  const id = own.map(({ key }) => key).reduce((least, key) => (key < least ? key : least));
  const resolved = own.every(({ decision }) => decision !== null);
  return { id, resolved, total: keys.length, group, keys: keys.slice(0, MOST_MEMBERS) };
}

/** Who represents two copies while they are grouped: a reference, the larger, the less compressed, the older. */
function preferred(nodes: ReadonlyMap<string, Node>, a: string, b: string): string {
  const [one, other] = [nodes.get(a), nodes.get(b)];
  if (!one || !other) return a;
  const better =
    Number(one.referenceId !== null) - Number(other.referenceId !== null) ||
    one.pixels - other.pixels ||
    one.bytes - other.bytes ||
    (a < b ? 1 : -1);
  return better > 0 ? a : b;
}
