import type { ExportSource } from './export-source.js';
import type { ExportedImage } from './exported-images.js';
import { Spool } from './spool.js';

/**
 * COCO: categories, images, and an annotation for each class of an image's consensus. They classify whole images, so
 * that each has the image itself as its box, for tools that want one. Annotations come behind the images in the file,
 * and wait for their turn on disk.
 *
 * Lin, T.-Y. et al. (2014). Microsoft COCO: Common Objects in Context. https://cocodataset.org/#format-data
 */
export async function* writeCoco({ request, order, pages, progress }: ExportSource): AsyncGenerator<string | Buffer> {
  const categoryOf = new Map(request.classes.map((name, index) => [name, index + 1]));
  const annotations = new AnnotationSpool(await Spool.open(), categoryOf);
  try {
    yield `{"info":${JSON.stringify({ description: request.title, version: '1.0', date_created: order.createdAt.toISOString() })},`;
    yield `"licenses":[],"categories":${JSON.stringify([...categoryOf].map(([name, id]) => ({ id, name, supercategory: '' })))},`;
    yield '"images":[';
    let number = 0;
    for await (const page of pages()) {
      const images = page.map((exported, index) => describe(number + index + 1, exported));
      yield (number > 0 ? ',\n' : '\n') + images.map((image) => JSON.stringify(image)).join(',\n');
      await annotations.append(number, page);
      number += page.length;
      await progress.advance(page.length);
    }
    yield '],"annotations":[';
    yield* annotations.read();
    yield ']}\n';
  } finally {
    await annotations.remove();
  }
}

const describe = (id: number, { image, fileName }: ExportedImage) => ({
  id,
  file_name: fileName,
  width: image.width,
  height: image.height,
  date_captured: image.createdAt.toISOString(),
  image_id: image.id,
});

class AnnotationSpool {
  #written = 0;

  constructor(
    private readonly spool: Spool,
    private readonly categoryOf: ReadonlyMap<string, number>,
  ) {}

  /** @param before how many images came before this page. */
  async append(before: number, page: readonly ExportedImage[]): Promise<void> {
    const annotations = page.flatMap(({ image: { width, height }, consensus }, index) =>
      consensus.labels.map((name) => ({
        id: ++this.#written,
        image_id: before + index + 1,
        category_id: this.categoryOf.get(name),
        bbox: [0, 0, width, height],
        area: width * height,
        segmentation: [],
        iscrowd: 0,
      })),
    );
    await this.spool.append(
      annotations.map((annotation) => `${annotation.id > 1 ? ',' : ''}\n${JSON.stringify(annotation)}`).join(''),
    );
  }

  read = () => this.spool.read();
  remove = () => this.spool.remove();
}
