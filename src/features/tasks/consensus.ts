/** What those who labelled an image agree on. */
export interface Consensus {
  /** The classes that more than half of them chose; where no class has that many, the one that most chose. */
  labels: string[];
  /** Classes between which the votes are even, so that none of them is among the labels. */
  tied: string[];
  labelers: number;
}

/**
 * The majority of the labels of one image.
 * @param votes the classes that each labeler chose, without repetitions.
 * @param classes the request's, for the order.
 */
export function consensusOf(votes: readonly (readonly string[])[], classes: readonly string[]): Consensus {
  const labelers = votes.length;
  const count = new Map<string, number>();
  for (const name of votes.flat()) count.set(name, (count.get(name) ?? 0) + 1);
  const withVotes = (wanted: (votes: number) => boolean) => classes.filter((name) => wanted(count.get(name) ?? 0));

  const majority = withVotes((chosen) => chosen * 2 > labelers);
  if (majority.length > 0) return { labels: majority, tied: withVotes((chosen) => chosen * 2 === labelers), labelers };
  const most = Math.max(0, ...count.values());
  const first = most === 0 ? [] : withVotes((chosen) => chosen === most);
  return first.length === 1 ? { labels: first, tied: [], labelers } : { labels: [], tied: first, labelers };
}
