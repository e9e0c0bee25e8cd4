import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import { down as takeTiedBack, up as bringTied } from '../../migrations/20261126170010_tied_images.js';
import type { Actor } from '../../src/features/auth/actor.js';
import { readEdges } from '../../src/features/duplicates/read-edges.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Every order of these in which an image stands before its result. */
function ordersOf(steps: readonly string[]): string[][] {
  if (steps.length < 2) return [[...steps]];
  return steps.flatMap((step) => {
    const tooEarly = step.startsWith('result of ') && steps.includes(step.replace('result of ', ''));
    return tooEarly ? [] : ordersOf(steps.filter((other) => other !== step)).map((rest) => [step, ...rest]);
  });
}

describe('the images that are looked at for duplicates', () => {
  let database: TestDatabase;
  let db: Knex;
  let ownerId: string;
  let actor: Actor;
  beforeEach(async () => {
    database = await freshDatabase();
    ({ db } = database);
    ownerId = uuidv7();
    actor = { id: ownerId, roles: [], organizationId: null };
    const user = { id: ownerId, email: 'a@example.com', username: 'a', name: 'A', passwordHash: '!' };
    await db('users').insert(user);
  });
  afterEach(() => database.drop());

  async function request() {
    const [id, batchId, runId] = [uuidv7(), uuidv7(), uuidv7()];
    await db('requests').insert({ id, ownerId, title: 'Signs', description: '', classes: [] });
    await db('uploadBatches').insert({ id: batchId, requestId: id, ownerId });
    await db('qcRuns').insert({ id: runId, requestId: id, startedBy: ownerId, imagesTotal: 1 });
    return { id, batchId, runId };
  }

  type Request = Awaited<ReturnType<typeof request>>;

  const addImage = (where: Request, id: string, bytes: string, trx: Knex = db) =>
    trx('images').insert({
      ...{ id, requestId: where.id, batchId: where.batchId, ownerId, filename: 'a.jpg', storageKey: id, etag: '"a"' },
      ...{ sha256: sha256(bytes), bytes: 1, contentType: 'image/jpeg', width: 1, height: 1 },
    });
  const addResult = ({ id: requestId, runId }: Request, imageId: string) =>
    db('qcResults').insert({
      imageId,
      requestId,
      runId,
      duplicateScore: 0,
      aiGeneratedScore: 0,
      findings: [],
      analyserVersion: 'v',
    });
  const addPair = (one: string, other: string) =>
    db('pictureMatches').insert(
      [
        [one, other],
        [other, one],
      ].map(([a = '', b = '']) => ({
        ...{ sha256: sha256(a), otherSha256: sha256(b), analyserVersion: 'v', score: 0.9, relation: 'copy' },
        ...{ transformation: [], evidence: {} },
      })),
    );
  const edges = async ({ id }: Request) =>
    (await readEdges(db, actor, id, { threshold: 0.5, nearShots: false })).edges.map(({ relation }) => relation);

  it('are those that match another of their request, whatever comes last', async () => {
    for (const order of ordersOf(['one', 'other', 'result of one', 'result of other', 'pair'])) {
      const where = await request();
      const ids: Record<string, string> = { one: uuidv7(), other: uuidv7() };
      const bytes = (name: string) => `${where.id} ${name}`;
      for (const step of order) {
        if (step === 'pair') await addPair(bytes('one'), bytes('other'));
        else if (step in ids) await addImage(where, ids[step] ?? '', bytes(step));
        else await addResult(where, ids[step.replace('result of ', '')] ?? '');
      }
      assert.deepEqual(await edges(where), ['copy'], order.join(', '));
    }
  });

  it('are those whose bytes are in another request or a reference, whatever comes last', async () => {
    for (const order of ordersOf(['one', 'result of one', 'elsewhere', 'reference'])) {
      const [where, another] = [await request(), await request()];
      const id = uuidv7();
      for (const step of order) {
        if (step === 'one') await addImage(where, id, where.id);
        else if (step === 'elsewhere') await addImage(another, uuidv7(), where.id);
        else if (step === 'result of one') await addResult(where, id);
        else {
          const reference = {
            id: uuidv7(),
            sourceUrl: `https://example.com/${where.id}`,
            pdq: Buffer.alloc(32),
            pdqQuality: 100,
          };
          await db('referenceImages').insert({ ...reference, sha256: sha256(where.id) });
        }
      }
      assert.deepEqual(await edges(where), ['exact', 'exact'], order.join(', '));
    }
  });

  it('are those, too, of which the same bytes arrive twice at the same moment', async () => {
    const [one, other] = [await request(), await request()];
    const [id, otherId] = [uuidv7(), uuidv7()];
    const [first, second] = [await db.transaction(), await db.transaction()];
    await addImage(one, id, 'same', first);
    await addImage(other, otherId, 'same', second);
    await first.commit();
    await second.commit();
    await addResult(one, id);
    assert.deepEqual(await edges(one), ['exact']);
  });

  it('are no others, nor any that are gone', async () => {
    const where = await request();
    const ids = [uuidv7(), uuidv7(), uuidv7()];
    for (const [at, id] of ids.entries()) await addImage(where, id, `${at}`);
    for (const id of ids) await addResult(where, id);
    await addPair('0', '1');
    const tied = async () =>
      (await db('tiedImages').orderBy('imageId').select<{ imageId: string }[]>('imageId')).map(
        ({ imageId }) => imageId,
      );
    assert.deepEqual(await tied(), ids.slice(0, 2));
    await takeTiedBack(db);
    await bringTied(db);
    assert.deepEqual(await tied(), ids.slice(0, 2), 'of a database of an earlier release, too');
    await db('images').where({ id: ids[0] }).delete();
    assert.deepEqual(await tied(), ids.slice(1, 2));
  });
});
