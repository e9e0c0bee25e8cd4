import type { Knex } from 'knex';
import { DatasetRequest } from '../../../models/dataset-request.js';
import { GoldAnswer } from '../../../models/gold-answer.js';
import { Image } from '../../../models/image.js';
import { invalid, notFound } from '../../errors.js';
import { applyCursor } from '../../database/keyset.js';
import type { Actor } from '../auth/actor.js';
import { dealImages } from './deal-images.js';

/**
 * Sets the labels that images are known to deserve; an empty list takes an image's answer away. Where tasks share the
 * request's images, those with an answer go to every labeler.
 * @returns how many images of the request have an answer now.
 * @throws {DomainError} `not_found` when the request was deleted meanwhile, `invalid` naming `images` for one of another request or a class that the request does not have.
 */
export async function setGold(
  db: Knex,
  actor: Actor,
  request: DatasetRequest,
  answers: readonly { imageId: string; classes: readonly string[] }[],
): Promise<number> {
  const ids = answers.map(({ imageId }) => imageId);
  if (new Set(ids).size < ids.length) throw invalid('images', 'Name each image once.');

  return db.transaction(async (trx) => {
    const locked = await DatasetRequest.query(trx).findById(request.id).forUpdate();
    if (!locked || locked.deletedAt) throw notFound('Request');
    const unknown = answers.flatMap(({ classes }) => classes).find((name) => !locked.classes.includes(name));
    if (unknown !== undefined) throw invalid('images', `${unknown} is not a class of this request.`);
    const there = await Image.query(trx)
      .where('requestId', request.id)
      .whereIn('id', ids)
      .select('id')
      .orderBy('id')
      .forKeyShare();
    const absent = ids.find((id) => !there.some((image) => image.id === id));
    if (absent !== undefined) throw invalid('images', `There is no image ${absent} in this request.`);

    const rows = answers.map(({ imageId, classes }) => ({ imageId, classes: [...new Set(classes)] }));
    const given = rows.filter(({ classes }) => classes.length > 0);
    const taken = rows.filter(({ classes }) => classes.length === 0);
    await GoldAnswer.query(trx)
      .delete()
      .whereIn(
        'imageId',
        taken.map(({ imageId }) => imageId),
      );
    if (given.length > 0) {
      await GoldAnswer.query(trx)
        .insert(given.map((row) => ({ ...row, requestId: request.id, answeredBy: actor.id })))
        .onConflict('imageId')
        .merge(['classes', 'answeredBy']);
    }
    await dealImages(trx, locked);
    return GoldAnswer.query(trx).where('requestId', request.id).resultSize();
  });
}

/** A request's known answers, oldest image first: up to `limit + 1` rows, and how many in all. */
export async function listGold(
  db: Knex,
  requestId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const all = GoldAnswer.query(db).where('goldAnswers.requestId', requestId);
  const page = all
    .clone()
    .withGraphFetched('image')
    .limit(limit + 1);
  applyCursor(page, cursor, 'goldAnswers.imageId', 'asc');
  const [rows, total] = await Promise.all([page, all.resultSize()]);
  return { rows, total };
}
