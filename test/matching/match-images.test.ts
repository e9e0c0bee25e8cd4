import assert from 'node:assert/strict';
import { deleteUpload } from '../../src/features/uploads/delete.js';
import { insertReferences } from '../../src/features/references/add.js';
import { deleteReference } from '../../src/features/references/delete.js';
import { rememberHashes } from '../../src/features/qc/match/remember-hashes.js';
import { MatchGround, picture, sha256Of, TestProcess, VERSION } from './ground.js';
import { flipped, randomHash } from './hashes.js';

describe('matching a batch of pictures', () => {
  let ground: MatchGround;
  let ownerId: string;

  beforeEach(async () => {
    ground = await MatchGround.open();
    ownerId = await ground.customer();
  });
  afterEach(() => ground.close());

  const original = picture('original', randomHash(1));
  const copy = picture('copy', flipped(randomHash(1), 10));
  const near = picture('near', flipped(randomHash(1), 40));
  const other = picture('other', randomHash(2));

  it('gives each the best of its kind: the same bytes, then copies, then near shots, which count as nothing', async () => {
    const process = new TestProcess(ground);
    const earlier = await ground.request(ownerId, [original]);
    await process.look(await ground.run(earlier), earlier);
    const request = await ground.request(ownerId, [original, copy, near, other]);
    await process.look(await ground.run(request), request);
    const results = await ground.results(request);
    const of = (name: string) => {
      const { matchRelation, duplicateScore, matchedImage } = results[name] ?? assert.fail(name);
      return [matchRelation, duplicateScore > 0.85, matchedImage?.requestId ?? null];
    };
    assert.deepEqual(of('original'), ['exact', true, earlier.id]);
    assert.deepEqual(of('copy'), ['copy', true, earlier.id], 'the older of two equals');
    assert.deepEqual(of('other'), [null, false, null]);
    assert.equal(results.near?.matchRelation, 'copy', 'its neighbour is the copy, 30 bits away');
  });

  it('keeps the score of a near shot below any threshold for copies, and its own beside', async () => {
    const process = new TestProcess(ground);
    const request = await ground.request(ownerId, [original, near]);
    await process.look(await ground.run(request), request);
    const { near: result } = await ground.results(request);
    assert.equal(result?.matchRelation, 'near_shot');
    assert.ok(result.duplicateScore < 0.5 && (result.matchScore ?? 0) > 0.8);
  });

  it('lets two runs with one picture find each other, whichever looks first and whichever writes last', async () => {
    for (const firstWritesLast of [true, false]) {
      for (const theirs of [copy, original]) {
        const customer = await ground.customer();
        const [one, two] = [await ground.request(customer, [original]), await ground.request(customer, [theirs])];
        let open: () => void = () => undefined;
        const opened = new Promise<void>((resolve) => (open = resolve));
        let reached: () => void = () => undefined;
        const arrived = new Promise<void>((resolve) => (reached = resolve));
        // The first has read all that is known, and waits; the second comes and goes, or is let pass before it writes.
        const first = new TestProcess(ground, () => (reached(), opened));
        const second = new TestProcess(ground, () => (firstWritesLast ? Promise.resolve() : (open(), firstDone)));
        const firstDone = first.look(await ground.run(one), one);
        await arrived;
        const secondDone = second.look(await ground.run(two), two);
        if (firstWritesLast) await secondDone.then(open);
        await Promise.all([firstDone, secondDone]);
        const [mine] = Object.values(await ground.results(one));
        const [other] = Object.values(await ground.results(two));
        assert.deepEqual(
          [mine?.matchedImage?.requestId, other?.matchedImage?.requestId],
          [two.id, one.id],
          `${firstWritesLast} ${theirs.name}`,
        );
      }
    }
  });

  it('lets many runs at a time find each other in two processes', async () => {
    const processes = [new TestProcess(ground), new TestProcess(ground)];
    const requests = await Promise.all(
      Array.from({ length: 12 }, (_, at) => ground.request(ownerId, [picture(`${at}`, flipped(randomHash(7), 1, at))])),
    );
    await Promise.all(requests.map(async (request, at) => processes[at % 2]!.look(await ground.run(request), request)));
    for (const request of requests) {
      const [result] = Object.values(await ground.results(request));
      assert.deepEqual([result?.matchRelation, (result?.matchScore ?? 0) > 0.9], ['copy', true]);
    }
  });

  it('looks no picture up twice in what it was looked up in before', async () => {
    const process = new TestProcess(ground);
    const request = await ground.request(ownerId, [original, other]);
    await process.look(await ground.run(request), request);
    await process.look(await ground.run(request), request);
    assert.deepEqual(process.searched, [2, 2], 'the second run had nothing to look for');
    const later = await ground.request(ownerId, [copy]);
    await process.look(await ground.run(later), later);
    assert.deepEqual(process.searched, [2, 2, 3]);
    assert.equal((await ground.results(request)).original?.matchRelation, 'copy', 'told without a run of its own');
    await process.look(await ground.run(request), request);
    assert.deepEqual(process.searched, [2, 2, 3], 'what is newer has looked for itself');
    assert.equal((await ground.results(request)).original?.matchRelation, 'copy');
    const pdq = Buffer.from(flipped(randomHash(1), 2));
    await insertReferences(ground.db, [{ sourceUrl: 'https://known.example/1', pdq, pdqQuality: 100 }]);
    await process.look(await ground.run(request), request);
    assert.deepEqual(process.searched, [2, 2, 3, 1, 1], 'references look for nothing');
    assert.equal((await ground.results(request)).original?.reference?.sourceUrl, 'https://known.example/1');
  });

  it('looks up again what it was looked up in before, where a newer picture’s own run came to nothing', async () => {
    const process = new TestProcess(ground);
    const request = await ground.request(ownerId, [original, other]);
    await process.look(await ground.run(request), request);
    const dropped = await ground.request(ownerId, [copy]);
    await rememberHashes(ground.db, { ownerId, analyserVersion: VERSION }, [sha256Of(copy)]);
    await process.look(await ground.run(request), request);
    assert.deepEqual(process.searched, [2, 2, 1, 1]);
    assert.equal((await ground.results(request)).original?.matchedImage?.requestId, dropped.id);
    await process.look(await ground.run(dropped), dropped);
    await process.look(await ground.run(request), request);
    assert.equal(process.searched.length, 5, 'it has looked for itself now');
  });

  it('ties all copies of one picture to each other, however many there are', async () => {
    const process = new TestProcess(ground);
    const many = Array.from({ length: 70 }, (_, at) => picture(`copy ${at}`, flipped(randomHash(1), 2, 3 * at)));
    const request = await ground.request(ownerId, many);
    await process.look(await ground.run(request), request);
    const { rows } = await ground.db.raw<{ rows: { others: number }[] }>(
      'select count(*) as others from picture_matches group by sha256',
    );
    assert.deepEqual(
      rows,
      Array.from({ length: 70 }, () => ({ others: 69 })),
    );
  });

  it('keeps to its scope', async () => {
    const process = new TestProcess(ground);
    const [mine, theirs] = [
      await ground.request(ownerId, [original]),
      await ground.request(await ground.customer(), [copy]),
    ];
    for (const request of [mine, theirs]) await process.look(await ground.run(request), request);
    const request = await ground.request(ownerId, [picture('new', flipped(randomHash(1), 8))]);
    const matchedIn = async (scope: 'request' | 'customer' | 'everyone') => {
      await process.look(await ground.run(request, scope), request);
      const [result] = Object.values(await ground.results(request));
      return result?.matchedImage?.requestId ?? null;
    };
    assert.equal(await matchedIn('request'), null);
    assert.equal(await matchedIn('customer'), mine.id);
    assert.equal(await matchedIn('everyone'), theirs.id, 'the stranger’s is nearer');
    assert.equal(await matchedIn('customer'), mine.id);
    assert.equal((await ground.results(theirs)).copy?.matchRelation, null, 'a stranger learns nothing');
  });

  it('never matches what was deleted, be it before or after', async () => {
    const process = new TestProcess(ground);
    const request = await ground.request(ownerId, [original, copy, near]);
    await process.look(await ground.run(request), request);
    const [deleted] = await ground.images(request);
    await deleteUpload(ground.db, request, deleted?.id ?? '');
    const results = await ground.results(request);
    assert.deepEqual([results.copy?.matchedImage?.filename, results.near?.matchedImage?.filename], ['near', 'copy']);

    const [second] = await ground.images(request);
    await deleteUpload(ground.db, request, second?.id ?? '');
    const { near: alone } = await ground.results(request);
    assert.deepEqual([alone?.matchRelation, alone?.duplicateScore, alone?.matchedImageId], [null, 0, null]);
    const left = await ground.db('picture_fingerprints').select();
    assert.equal(left.length, 1, 'nothing is kept of what they looked like');

    const later = await ground.request(ownerId, [picture('later', flipped(randomHash(1), 12))]);
    await process.look(await ground.run(later), later);
    const [result] = Object.values(await ground.results(later));
    assert.equal(result?.matchedImage?.filename, 'near');
  });

  it('names a reference beside an image, until the reference is deleted', async () => {
    const process = new TestProcess(ground);
    await insertReferences(ground.db, [
      { sourceUrl: 'https://example.com/known.jpg', pdq: Buffer.from(original.pdq), pdqQuality: 100 },
    ]);
    const request = await ground.request(ownerId, [original, copy]);
    await process.look(await ground.run(request), request);
    const before = (await ground.results(request)).copy;
    assert.deepEqual(
      [before?.reference?.sourceUrl, before?.matchedImage?.filename, before?.matchRelation],
      ['https://example.com/known.jpg', 'original', 'copy'],
    );
    const actor = { id: ownerId, roles: ['SUPER_ADMIN' as const], organizationId: null };
    const caller = { actor, ip: null, userAgent: null, requestId: null };
    const { id } = await ground.db('reference_images').first<{ id: string }>();
    await deleteReference(ground.db, caller, id);
    const after = (await ground.results(request)).copy;
    assert.deepEqual([after?.referenceId, after?.matchedImage?.filename], [null, 'original']);
    await assert.rejects(deleteReference(ground.db, caller, id), /Reference not found/);
  });
});
