import assert from 'node:assert/strict';
import { type Edge, groupPictures } from '../../src/features/duplicates/groups.js';

describe('grouping duplicates', () => {
  const edge = (a: string, b: string, score: number, relation: Edge['relation'] = 'copy'): Edge => ({
    a,
    b,
    relation,
    score,
  });
  const first = (a: string, b: string) => (a < b ? a : b);
  const grouped = (edges: Edge[], prefer = first) =>
    groupPictures(edges, prefer)
      .map(({ representative, members }) => `${representative}: ${[...members.keys()].sort().join(' ')}`)
      .sort();

  it('ties every member to the representative, so that no chain joins what has nothing in common', () => {
    const chain = [edge('a', 'b', 0.99), edge('b', 'c', 0.95), edge('c', 'd', 0.98)];
    assert.deepEqual(grouped(chain), ['a: b', 'c: d']);
    for (const { members, representative } of groupPictures(chain, first)) {
      for (const [key, { a, b }] of members) assert.deepEqual([a, b].sort(), [key, representative].sort());
    }
  });

  it('takes the same bytes before the strongest copy, and that before a weaker', () => {
    const edges = [edge('b', 'c', 0.99), edge('a', 'b', 1, 'exact'), edge('c', 'd', 0.9)];
    assert.deepEqual(grouped(edges), ['a: b', 'c: d']);
    assert.deepEqual(grouped([edge('b', 'c', 0.9), edge('a', 'b', 0.95)]), ['a: b']);
    assert.deepEqual(grouped([edge('b', 'c', 0.95), edge('a', 'b', 0.9)]), ['b: a c']);
  });

  it('does not depend on the order of the edges', () => {
    const edges = ['ab', 'ac', 'ad', 'bc', 'de', 'ef', 'fg', 'ag'].map((pair, at) =>
      edge(pair[0] ?? '', pair[1] ?? '', 0.9 + ((at * 7) % 10) / 100),
    );
    const expected = grouped(edges);
    for (let turn = 1; turn < edges.length; turn++) {
      assert.deepEqual(grouped([...edges.slice(turn), ...edges.slice(0, turn)]), expected);
    }
    assert.deepEqual(grouped(edges.toReversed()), expected);
  });

  it('makes one of two groups where everybody in one is tied to the representative of the other', () => {
    const two = [edge('a', 'b', 0.99), edge('c', 'd', 0.99), edge('a', 'c', 0.9)];
    assert.deepEqual(grouped(two), ['a: b', 'c: d']);
    assert.deepEqual(grouped([...two, edge('a', 'd', 0.95)]), ['a: b c d']);
  });

  it('puts a picture into one group at most', () => {
    const edges: Edge[] = [];
    let state = 1;
    const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let at = 0; at < 2000; at++) {
      const [a, b] = [random(300), random(300)].sort((x, y) => x - y) as [number, number];
      if (a !== b) edges.push(edge(`p${a}`, `p${b}`, 0.85 + random(150) / 1000));
    }
    const once = new Map(edges.map((each) => [`${each.a} ${each.b}`, each]));
    const groups = groupPictures([...once.values()], first);
    const all = groups.flatMap(({ representative, members }) => [representative, ...members.keys()]);
    assert.equal(new Set(all).size, all.length);
    for (const { representative, members } of groups) {
      assert.ok(members.size > 0);
      for (const [key, { a, b }] of members) assert.deepEqual([a, b].sort(), [key, representative].sort());
    }
  });

  it('lets near shots join, but make no two groups one', () => {
    const edges = [edge('a', 'b', 0.9), edge('a', 'x', 0.99, 'near_shot'), edge('c', 'd', 0.9)];
    const near = ['ac', 'ad'].map((pair) => edge(pair[0] ?? '', pair[1] ?? '', 0.99, 'near_shot'));
    assert.deepEqual(grouped([...edges, ...near]), ['a: b x', 'c: d']);
  });
});
