import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { AuditEntry } from '../../models/audit-entry.js';
import { Image } from '../../models/image.js';
import { User } from '../../models/user.js';
import type { Actor, RoleCode } from '../../src/features/auth/actor.js';
import { moveImages } from '../../src/features/images/move.js';
import { clinicalImageOperations, mayOnClinicalImage } from '../../src/features/images/policy.js';
import { Clinic, type Clinician, pictures } from './clinic.js';

const HOME = 'home organization';
const AWAY = 'another organization';

const actor = (roles: RoleCode[], organizationId: string | null = HOME): Actor => ({ id: 'me', roles, organizationId });

const actors = {
  'no role': actor([]),
  'no role and no organization': actor([], null),
  customer: actor(['CUSTOMER']),
  labeler: actor(['LABELER']),
  viewer: actor(['VIEWER']),
  'viewer of no organization': actor(['VIEWER'], null),
  'viewer and customer': actor(['CUSTOMER', 'VIEWER']),
  admin: actor(['ADMIN']),
  'admin of no organization': actor(['ADMIN'], null),
  'super admin': actor(['SUPER_ADMIN']),
};

const rows = {
  own: { ownerId: 'me', organizationId: HOME },
  colleague: { ownerId: 'other', organizationId: HOME },
  stranger: { ownerId: 'other', organizationId: AWAY },
  'no organization': { ownerId: 'other', organizationId: null },
};

const all = 'read classify delete';
const member = { own: all, colleague: 'read classify' };
const everywhere = { own: all, colleague: all, stranger: all, 'no organization': all };

/** What each may do to whose clinical image; whatever is not listed is forbidden. */
const rights: Record<keyof typeof actors, Partial<Record<keyof typeof rows, string>>> = {
  'no role': member,
  'no role and no organization': { own: all },
  customer: member,
  labeler: member,
  viewer: { own: 'read', colleague: 'read' },
  'viewer of no organization': { own: 'read' },
  'viewer and customer': member,
  admin: { own: all, colleague: all },
  'admin of no organization': everywhere,
  'super admin': everywhere,
};

describe('rights over clinical images', () => {
  for (const [who, subject] of Object.entries(actors)) {
    for (const [whose, row] of Object.entries(rows)) {
      const granted = rights[who as keyof typeof actors][whose as keyof typeof rows] ?? '';
      it(`${who} on an image of ${whose}: ${granted || 'nothing'}`, () => {
        const allowed = clinicalImageOperations.filter((operation) => mayOnClinicalImage(subject, operation, row));
        assert.equal(allowed.join(' '), granted);
      });
    }
  }
});

describe('who gets at which clinical image', () => {
  let clinic: Clinic;
  const people: Record<string, Clinician> = {};
  let imageId: string;

  before(async () => {
    clinic = await Clinic.open();
    const cast: [string, RoleCode[], string | null][] = [
      ['owner', [], clinic.home],
      ['colleague', ['CUSTOMER'], clinic.home],
      ['labeler', ['LABELER'], clinic.home],
      ['viewer', ['VIEWER'], clinic.home],
      ['admin', ['ADMIN'], clinic.home],
      ['stranger', ['CUSTOMER'], clinic.away],
      ['foreign viewer', ['VIEWER'], clinic.away],
      ['foreign admin', ['ADMIN'], clinic.away],
      ['loner', [], null],
      ['general admin', ['ADMIN'], null],
      ['super admin', ['SUPER_ADMIN'], clinic.away],
    ];
    for (const [name, roles, organizationId] of cast) people[name] = await clinic.join(roles, organizationId);
    [imageId = ''] = await people.owner!.have(1);
  });
  after(() => clinic.close());

  const expected: [who: string, see: number, classify: number, remove: number][] = [
    ['owner', 200, 201, 200],
    ['colleague', 200, 201, 403],
    ['labeler', 200, 201, 403],
    ['viewer', 200, 403, 403],
    ['admin', 200, 201, 200],
    ['stranger', 404, 404, 404],
    ['foreign viewer', 404, 403, 403],
    ['foreign admin', 404, 404, 404],
    ['loner', 404, 404, 404],
    ['general admin', 200, 201, 200],
    ['super admin', 200, 201, 200],
  ];
  for (const [who, see, classify, remove] of expected) {
    it(`${who}: see ${see}, classify ${classify}, delete ${remove}`, async () => {
      const person = people[who]!;
      assert.equal((await person.call('GET', `/images/${imageId}`)).status, see);
      assert.equal((await person.call('GET', `/classifications/?image_id=${imageId}`)).status, see);
      assert.equal((await person.images()).map(({ id }) => id).includes(imageId), see === 200);
      const waiting = await person.call<{ id: string }[]>('GET', '/classifications/classification_images/');
      if (classify === 403) assert.equal(waiting.status, 403);
      else assert.equal(waiting.body.map(({ id }) => id).includes(imageId), classify === 201);
      assert.equal((await person.classify(imageId, 'estagio1')).status, classify);
      assert.equal((await person.call('DELETE', `/images/${imageId}`)).status, remove);
      if (remove === 200) [imageId = ''] = await people.owner!.have(1);
    });
  }

  it('nobody without a token', async () => {
    for (const [method, path] of [
      ['GET', '/images/'],
      ['POST', '/images/upload/'],
      ['GET', `/images/${imageId}`],
      ['POST', '/classifications/'],
      ['GET', '/classifications/classification_images/'],
      ['GET', '/admin/metrics/'],
    ] as const) {
      assert.equal((await clinic.server.api(method, path)).status, 401, path);
    }
  });

  it('nobody by a claim in a header', async () => {
    const { status } = await clinic.server.api('GET', `/images/${imageId}`, {
      token: people.stranger!.token,
      headers: { 'X-User-ID': people.owner!.id },
    });
    assert.equal(status, 404);
  });

  it('nobody once it is deleted, and its classifications are gone with it', async () => {
    const [doomed = ''] = await people.owner!.have(2);
    await people.colleague!.classify(doomed, 'dtpi');
    assert.equal((await people.owner!.call('DELETE', `/images/${doomed}`)).body.status, 'deleted');
    assert.equal((await people.owner!.call('GET', `/images/${doomed}`)).status, 404);
    assert.equal((await people.colleague!.classify(doomed, 'dtpi')).status, 404);
    for (const table of ['classifications', 'standingClassifications', 'stageTallies', 'clinicalBatchImages']) {
      assert.deepEqual(await clinic.server.db(table).where({ imageId: doomed }), [], table);
    }
  });

  it('nobody once it is deleted, which is on record with how much went, and only if it was', async () => {
    const { db } = clinic.server;
    const [doomed = ''] = await people.owner!.have(12);
    for (const who of [people.colleague!, people.owner!]) await who.classify(doomed, 'dtpi');
    await people.colleague!.classify(doomed, 'stage1');
    const image = await Image.query(db).findById(doomed).throwIfNotFound();
    const events = () => AuditEntry.query(db).where({ targetId: doomed });
    assert.equal((await people.colleague!.call('DELETE', `/images/${doomed}`)).status, 403);
    assert.deepEqual(await events(), []);
    const answers = await Promise.all([1, 2, 3].map(() => people.owner!.call('DELETE', `/images/${doomed}`)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404, 404]);
    const [event, ...others] = await events();
    assert.equal(others.length, 0);
    assert.deepEqual(
      [event?.action, event?.targetType, event?.actorId, event?.organizationId],
      ['image.deleted', 'image', people.owner!.id, clinic.home],
    );
    assert.deepEqual(event?.details, { owner_id: people.owner!.id, filename: image.filename, classifications: 3 });
  });

  it('his new colleagues and no longer the old ones, once their owner has moved', async () => {
    const { db } = clinic.server;
    const mover = await clinic.join();
    const [moved = ''] = await mover.have(3);
    await people.colleague!.classify(moved, 'dtpi');
    await db.transaction(async (trx) => {
      await User.query(trx).findById(mover.id).patch({ organizationId: clinic.away });
      await moveImages(trx, mover.id, clinic.away);
    });
    assert.equal((await people.colleague!.call('GET', `/images/${moved}`)).status, 404);
    assert.equal((await people.stranger!.call('GET', `/images/${moved}`)).status, 200);
    assert.ok((await mover.images()).some(({ id }) => id === moved));
    for (const table of ['standingClassifications', 'stageTallies']) {
      const [row] = (await db(table).where({ imageId: moved })) as { organizationId: string }[];
      assert.equal(row?.organizationId, clinic.away, table);
    }
  });

  it('the right ones, though their owner moves while he uploads', async () => {
    const { db } = clinic.server;
    const mover = await clinic.join();
    const moving = await db.transaction();
    await User.query(moving).findById(mover.id).patch({ organizationId: clinic.away });
    const uploading = mover.upload(await pictures(4));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await moveImages(moving, mover.id, clinic.away);
    await moving.commit();
    const [image] = (await uploading).body.images;
    assert.equal((await people.stranger!.call('GET', `/images/${image?.id ?? ''}`)).status, 200);
  });

  it('in a list that is paged, and refuses a cursor that is none', async () => {
    const loner = await clinic.join([], null);
    const ids = await loner.have(1, 2, 3, 4, 5);
    const first = await loner.call<{ id: string }[]>('GET', '/images/?limit=2');
    assert.equal(first.headers.get('X-Total-Count'), '5');
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('Link') ?? '')?.[1] ?? '';
    const { pathname, search } = new URL(next);
    const second = await loner.call<{ id: string }[]>('GET', pathname + search);
    assert.deepEqual(
      [...first.body, ...second.body].map(({ id }) => id),
      ids.slice(1).reverse(),
    );
    for (const query of ['?cursor=nonsense', '?limit=0', '?limit=all', `?cursor=${ids[0] ?? ''}'--`]) {
      for (const path of ['/images/', '/classifications/classification_images/']) {
        assert.equal((await loner.call('GET', path + query)).status, 400, path + query);
      }
    }
    assert.equal((await loner.call('GET', '/images/none')).status, 400);
    assert.equal((await loner.call('GET', `/images/${uuidv7()}`)).status, 404);
  });
});
