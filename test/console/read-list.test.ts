import assert from 'node:assert/strict';
import { type Block, readList } from '../../console/src/screens/references/read-list.js';

const hash = (digit: string) => digit.repeat(64);

async function read(...lines: string[]): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const block of readList(new Blob([lines.join('\n')]))) blocks.push(block);
  return blocks;
}

describe('A list of known pictures, as the console reads it', () => {
  it('tells columns by their names, wherever they stand', async () => {
    const [block] = await read('url,quality,pdq', `"https://example.com/a,b.jpg",80,${hash('A')}`, '');
    const reference = { pdq: hash('a'), source_url: 'https://example.com/a,b.jpg', quality: 80 };
    assert.deepEqual(block, { references: [reference], faults: [], lines: 3 });
  });

  it('tells columns by what they hold where none is named', async () => {
    const [block] = await read(`${hash('1')},https://example.com/1`, `${hash('2')},50,https://example.com/2`);
    assert.deepEqual(
      block?.references.map(({ pdq, source_url, quality }) => [pdq[0], source_url, quality]),
      [
        ['1', 'https://example.com/1', 100],
        ['2', 'https://example.com/2', 50],
      ],
    );
  });

  it('reads JSON Lines, and names the lines that are none', async () => {
    const [block] = await read(
      JSON.stringify({ pdq_hash: hash('3'), source: 'http://example.com/3', quality: 7 }),
      '{ broken',
      JSON.stringify({ pdq: 'short', url: 'http://example.com/4' }),
      `${hash('5')},ftp://example.com/5`,
    );
    assert.deepEqual(block?.references, [{ pdq: hash('3'), source_url: 'http://example.com/3', quality: 7 }]);
    assert.deepEqual(block.faults, [2, 3, 4]);
  });

  it('comes in blocks that the service takes, however long the list is', async () => {
    const lines = Array.from({ length: 12_001 }, (_, row) => `${hash('7')},https://example.com/${row}`);
    const blocks = await read(...lines, 'nonsense');
    assert.deepEqual(
      blocks.map(({ references }) => references.length),
      [5000, 5000, 2001],
    );
    assert.equal(blocks[2]?.references.at(-1)?.source_url, 'https://example.com/12000');
    assert.deepEqual(blocks[2].faults, [12_002]);
  });
});
