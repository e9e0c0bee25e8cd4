export interface Edge {
  /** Keys of two different pictures. */
  a: string;
  b: string;
  relation: 'exact' | 'copy' | 'near_shot';
  /** 0…1. */
  score: number;
}

export interface Group {
  representative: string;
  /** The others, each with the edge that ties it to the representative. */
  members: Map<string, Edge>;
}

const rankOf: Record<Edge['relation'], number> = { exact: 0, copy: 1, near_shot: 2 };

/**
 * Puts pictures that are copies of each other together, each picture into one group at most. Edges are taken one by
 * one, the same bytes first, then the strongest; every member has an edge to its group's representative, so that a
 * chain of resemblances joins nothing. Two groups become one where everybody in the one is tied to the representative
 * of the other.
 * @param edges a pair once, in any order.
 * @param prefer which of two pictures is to represent both.
 */
export function groupPictures(edges: readonly Edge[], prefer: (a: string, b: string) => string): Group[] {
  const ties = new Ties(edges);
  const groupOf = new Map<string, Group>();
  const join = (group: Group, key: string, edge: Edge) => {
    group.members.set(key, edge);
    groupOf.set(key, group);
  };
  for (const edge of [...edges].sort(strongestFirst)) {
    const [groupA, groupB] = [groupOf.get(edge.a), groupOf.get(edge.b)];
    if (groupA && groupB) {
      if (groupA !== groupB) merge(groupA, groupB);
    } else if (groupA) {
      if (groupA.representative === edge.a) join(groupA, edge.b, edge);
    } else if (groupB) {
      if (groupB.representative === edge.b) join(groupB, edge.a, edge);
    } else {
      const representative = prefer(edge.a, edge.b);
      const group = { representative, members: new Map<string, Edge>() };
      groupOf.set(representative, group);
      join(group, representative === edge.a ? edge.b : edge.a, edge);
    }
  }
  return [...new Set(groupOf.values())];

  function merge(one: Group, other: Group): void {
    const kept = prefer(one.representative, other.representative) === one.representative ? one : other;
    const given = kept === one ? other : one;
    if (!absorb(kept, given)) absorb(given, kept);
  }

  function absorb(kept: Group, given: Group): boolean {
    const keys = [given.representative, ...given.members.keys()];
    const edgesToKept = keys.map((key) => ties.between(key, kept.representative));
    if (!edgesToKept.every((edge) => edge !== undefined && edge.relation !== 'near_shot')) return false;
    for (const [at, edge] of edgesToKept.entries()) if (edge) join(kept, keys[at] ?? '', edge);
    return true;
  }
}

function strongestFirst(one: Edge, other: Edge): number {
  return (
    rankOf[one.relation] - rankOf[other.relation] ||
    other.score - one.score ||
    compareText(one.a, other.a) ||
    compareText(one.b, other.b)
  );
}

const compareText = (a: string, b: string) => (a < b ? -1 : Number(a > b));

class Ties {
  readonly #byPair: Map<string, Edge>;

  constructor(edges: readonly Edge[]) {
    this.#byPair = new Map(edges.map((edge) => [pairKey(edge.a, edge.b), edge]));
  }

  between(a: string, b: string): Edge | undefined {
    return this.#byPair.get(pairKey(a, b));
  }
}

const pairKey = (a: string, b: string) => (a < b ? `${a} ${b}` : `${b} ${a}`);
