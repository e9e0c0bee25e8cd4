import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';
import { classFolders, specialFolders } from './file-names.js';
import { pictureEntries, zip } from './zip-pictures.js';

/** ImageFolder, as torchvision and Keras read it: a ZIP with a folder for each class and the pictures in them. */
export async function* writeImageFolder(source: ExportSource): AsyncGenerator<Uint8Array> {
  const folders = classFolders(source.request.classes);
  yield* zip(pictureEntries(source, (exported) => `${folderOf(exported, folders)}/${exported.fileName}`));
}

/** A picture has one place: where it is of no one class, that says why. */
function folderOf({ image, consensus }: ExportedImage, folders: ReadonlyMap<string, string>): string {
  const { labels, tied } = consensus;
  const [first] = labels;
  if (image.duplicateDecision === 'reject') return specialFolders.rejected;
  if (labels.length > 1) return specialFolders.several;
  if (first !== undefined) return folders.get(first) ?? specialFolders.unlabeled;
  return tied.length > 0 ? specialFolders.tied : specialFolders.unlabeled;
}
