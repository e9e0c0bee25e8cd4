import assert from 'node:assert/strict';
import { chosenFiles, droppedFiles, pathOf, type UploadSource } from '../../client/browser.js';

const file = (name: string) => new File(['x'], name);
const fileEntry = (fullPath: string) => ({
  name: fullPath.slice(fullPath.lastIndexOf('/') + 1),
  fullPath,
  isDirectory: false,
  file: (resolve: (opened: File) => void) => resolve(file(fullPath)),
});
const folderEntry = (fullPath: string, blocks: readonly unknown[][]) => {
  const rest = [...blocks, []];
  const readEntries = (resolve: (entries: unknown[]) => void) => resolve(rest.shift() ?? []);
  return { ...fileEntry(fullPath), isDirectory: true, createReader: () => ({ readEntries }) };
};
const unreadable = (fullPath: string) => ({
  ...fileEntry(fullPath),
  isDirectory: true,
  createReader: () => ({
    readEntries: (_: unknown, reject: (error: Error) => void) => reject(new DOMException('gone', 'NotFoundError')),
  }),
});
const item = (entry: unknown) => ({ webkitGetAsEntry: () => entry, getAsFile: () => null });

async function all(sources: AsyncIterable<UploadSource>): Promise<UploadSource[]> {
  const found: UploadSource[] = [];
  for await (const source of sources) found.push(source);
  return found;
}

describe('Files dropped on a page', () => {
  it('are those in folders too, block by block, with their paths, and none that systems leave there', async () => {
    const signs = folderEntry('/signs', [
      [fileEntry('/signs/a.jpg'), fileEntry('/signs/.DS_Store'), folderEntry('/signs/.git', [[fileEntry('/x')]])],
      [folderEntry('/signs/night', [[fileEntry('/signs/night/b.jpg'), fileEntry('/signs/night/Thumbs.db')]])],
    ]);
    const found = await all(droppedFiles({ items: [item(signs), item(fileEntry('/c.jpg')), item(null)] }));
    assert.deepEqual(found.map(pathOf), ['signs/a.jpg', 'signs/night/b.jpg', 'c.jpg']);
    assert.ok(found[0] && !(found[0] instanceof File));
    assert.equal((await found[0].open()).name, '/signs/a.jpg');
  });

  it('cost the others nothing where a folder among them cannot be read', async () => {
    const found = await all(droppedFiles({ items: [item(unreadable('/gone')), item(fileEntry('/c.jpg'))] }));
    assert.deepEqual(found.map(pathOf), ['gone', 'c.jpg']);
    assert.ok(found[0] && !(found[0] instanceof File));
    await assert.rejects(found[0].open(), /gone/);
  });

  it('are taken as they are where a browser knows no entries, as those chosen in a form', async () => {
    const found = await all(droppedFiles({ items: [{ getAsFile: () => file('a.jpg') }, { getAsFile: () => null }] }));
    assert.deepEqual(found.map(pathOf), ['a.jpg']);
    assert.deepEqual(chosenFiles([file('b.jpg'), file('.hidden'), file('desktop.ini')]).map(pathOf), ['b.jpg']);
    assert.deepEqual(chosenFiles(null), []);
    const inFolder = Object.assign(file('a.jpg'), { webkitRelativePath: 'signs/a.jpg' });
    assert.equal(pathOf(inFolder), 'signs/a.jpg');
  });
});
