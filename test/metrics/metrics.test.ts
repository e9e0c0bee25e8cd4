import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { Image } from '../../models/image.js';
import { recordClassifications } from '../../src/features/classifications/classify.js';
import { stages, type Stage } from '../../src/features/classifications/stage.js';
import { Clinic, type Clinician } from '../images/clinic.js';

interface Metrics extends Record<string, unknown> {
  total_users: number;
  total_images: number;
  classified_images_count: number;
  unclassified_images_count: number;
  classifications_per_category: Record<string, number>;
  classifications_by_user: {
    id: string;
    name: string;
    email: string;
    classification_count: number;
    last_active: string | null;
  }[];
  daily_classifications: { date: string; count: number }[];
  agreement: {
    statistic: string | null;
    kappa: number | null;
    kappa_per_category: Record<string, number | null>;
    images: number;
    raters: number;
  };
}

const portuguese = ['estagio1', 'estagio2', 'estagio3', 'estagio4', 'nao_classificavel', 'dtpi'];

describe('metrics', () => {
  let clinic: Clinic;
  let admin: Clinician;

  beforeEach(async () => {
    clinic = await Clinic.open();
    admin = await clinic.join(['ADMIN'], null);
  });
  afterEach(() => clinic.close());

  async function metrics(query = '', who = admin): Promise<Metrics> {
    const { status, body } = await who.call<Metrics>('GET', `/admin/metrics/${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** An image of somebody's, as if uploaded then. */
  async function image(owner: Clinician, uploaded: string, organizationId = clinic.home): Promise<Image> {
    const { db } = clinic.server;
    const [id, batchId] = [uuidv7(), uuidv7()];
    await db('uploadBatches').insert({ id: batchId, ownerId: owner.id });
    return Image.query(db).insertAndFetch({
      id,
      batchId,
      ownerId: owner.id,
      organizationId,
      requestId: null,
      filename: 'a.jpg',
      storageKey: id,
      etag: 'e',
      sha256: Buffer.from(id.replaceAll('-', '').repeat(2), 'hex'),
      bytes: 1,
      contentType: 'image/jpeg',
      width: 1,
      height: 1,
      createdAt: new Date(uploaded),
    });
  }

  /** A verdict on images, as if given then. */
  async function classify(who: Clinician, images: Image[], stage: Stage, at: string): Promise<void> {
    const { db } = clinic.server;
    await db.transaction((trx) => recordClassifications(trx, who.id, images, { stage, observations: '' }));
    const ids = images.map(({ id }) => id);
    await db('standingClassifications').whereIn('imageId', ids).where({ userId: who.id }).update({ createdAt: at });
  }

  const dated = ({ daily_classifications: days }: Metrics) =>
    Object.fromEntries(days.filter(({ count }) => count > 0).map(({ date, count }) => [date, count]));

  it('are zeros while there is nothing', async () => {
    assert.deepEqual(await metrics(), {
      total_users: 1,
      total_images: 0,
      classified_images_count: 0,
      unclassified_images_count: 0,
      classifications_per_category: Object.fromEntries(portuguese.map((stage) => [stage, 0])),
      classifications_by_user: [],
      daily_classifications: [],
      agreement: {
        statistic: null,
        kappa: null,
        kappa_per_category: Object.fromEntries(portuguese.map((stage) => [stage, null])),
        images: 0,
        raters: 0,
      },
      time_zone: 'UTC',
    });
  });

  it('count what was uploaded and classified by HTTP, once for each clinician and image', async () => {
    const [nurse, colleague] = [await clinic.join(), await clinic.join()];
    const [first = '', second = ''] = await nurse.have(1, 2, 3);
    await nurse.classify(first, 'estagio1');
    await nurse.classify(first, 'stage2');
    await colleague.classify(first, 'estagio2');
    await colleague.classify(second, 'dtpi');
    const today = new Date().toISOString().slice(0, 10);
    for (const query of ['', `?from=${today}&to=${today}`, `?from=${today}`, `?to=${today}`, '?from=&to=']) {
      const answer = await metrics(query);
      assert.deepEqual(
        [answer.total_users, answer.total_images, answer.classified_images_count, answer.unclassified_images_count],
        [3, 3, 2, 1],
        query,
      );
      assert.deepEqual(answer.classifications_per_category, {
        ...Object.fromEntries(portuguese.map((stage) => [stage, 0])),
        estagio2: 2,
        dtpi: 1,
      });
      assert.deepEqual(
        answer.classifications_by_user.map(({ id, name, classification_count: count }) => [id, name, count]),
        [
          [colleague.id, 'Test User', 2],
          [nurse.id, 'Test User', 1],
        ],
      );
      assert.deepEqual(answer.daily_classifications, [{ date: today, count: 3 }]);
    }
    const english = await metrics('?vocabulary=en');
    assert.deepEqual(Object.keys(english.classifications_per_category), [...stages]);
    assert.equal(english.classifications_per_category.stage2, 2);
  });

  it('take both days of a period in, whole, and name the days on which nothing was done', async () => {
    const nurse = await clinic.join();
    for (const at of [
      '2026-02-27T23:59:59.999Z',
      '2026-02-28T00:00Z',
      '2026-03-02T23:59:59.999Z',
      '2026-03-03T00:00Z',
    ]) {
      await classify(nurse, [await image(nurse, at)], 'stage1', at);
    }
    const answer = await metrics('?from=2026-02-28&to=2026-03-02');
    assert.deepEqual(answer.daily_classifications, [
      { date: '2026-02-28', count: 1 },
      { date: '2026-03-01', count: 0 },
      { date: '2026-03-02', count: 1 },
    ]);
    assert.equal(answer.classifications_per_category.estagio1, 2);
    assert.equal(answer.classifications_by_user[0]?.classification_count, 2);
    assert.deepEqual([answer.total_images, answer.classified_images_count], [2, 2]);
    assert.deepEqual((await metrics('?from=2026-04-01&to=2026-04-02')).total_images, 0);
  });

  it('tell days as they are in a time zone, through the change of its clocks', async () => {
    const nurse = await clinic.join();
    // Clocks in New York skip an hour on 8 March 2026: the day has 23 hours.
    for (const at of ['2026-03-08T04:59:59Z', '2026-03-08T05:00Z', '2026-03-09T03:59:59Z', '2026-03-09T04:00Z']) {
      await classify(nurse, [await image(nurse, at)], 'stage1', at);
    }
    const query = '&time_zone=America/New_York';
    const day = await metrics(`?from=2026-03-08&to=2026-03-08${query}`);
    assert.deepEqual(day.daily_classifications, [{ date: '2026-03-08', count: 2 }]);
    assert.deepEqual([day.classifications_per_category.estagio1, day.time_zone], [2, 'America/New_York']);
    assert.deepEqual(dated(await metrics(`?${query}`)), { '2026-03-07': 1, '2026-03-08': 2, '2026-03-09': 1 });
    assert.deepEqual(dated(await metrics()), { '2026-03-08': 2, '2026-03-09': 2 });
  });

  it('have an image that was uploaded in one period and classified in the next in both', async () => {
    const nurse = await clinic.join();
    await classify(nurse, [await image(nurse, '2026-01-31T12:00Z')], 'stage1', '2026-02-01T12:00Z');
    const figures = async (query: string) => {
      const answer = await metrics(query);
      return [answer.total_images, answer.classified_images_count, answer.unclassified_images_count];
    };
    assert.deepEqual(await figures('?from=2026-01-01&to=2026-01-31'), [1, 0, 1]);
    assert.deepEqual(await figures('?from=2026-02-01&to=2026-02-28'), [1, 1, 0]);
    assert.deepEqual(await figures('?from=2026-01-01&to=2026-02-28'), [1, 1, 0]);
    assert.deepEqual(await figures(''), [1, 1, 0]);
  });

  it('refuse days that are none, ends before beginnings, and time zones nobody lives in', async () => {
    const wrong: [query: string, field: string][] = [
      ['?from=2026-02-30', 'from'],
      ['?from=2026-2-3', 'from'],
      ['?from=yesterday', 'from'],
      ['?from=1500-01-01', 'from'],
      ['?to=2026-13-01', 'to'],
      ['?to=2026-01-01T00:00:00Z', 'to'],
      ["?to=2026-01-01';--", 'to'],
      ['?from=2026-03-02&to=2026-03-01', 'to'],
      ['?from=2015-01-01&to=2026-01-01', 'from'],
      ['?time_zone=Mars/Olympus', 'time_zone'],
      ['?time_zone=%2B03:00', 'time_zone'],
      ["?time_zone=UTC'--", 'time_zone'],
      ['?vocabulary=fr', 'vocabulary'],
    ];
    for (const [query, field] of wrong) {
      const { status, body } = await admin.call('GET', `/admin/metrics/${query}`);
      assert.equal(status, 400, query);
      assert.deepEqual(Object.keys(body.errors as object), [field], query);
      assert.equal(body.message, body.detail);
    }
  });

  it('tell of one who has moved on his name alone, but to who administers him', async () => {
    const [colleague, mover] = [await clinic.join(), await clinic.join()];
    const [shown] = await colleague.have(1);
    await mover.classify(shown ?? '', 'estagio1');
    const homeAdmin = await clinic.join(['ADMIN']);
    const seenBy = async (who: Clinician) => {
      const [row] = (await metrics('', who)).classifications_by_user;
      return [row?.id, row?.name, row?.email, row?.last_active !== null];
    };
    const { email } = (await mover.call<{ email: string }>('GET', '/auth/me')).body;
    assert.deepEqual(await seenBy(homeAdmin), [mover.id, 'Test User', email, true]);
    const move = await admin.call('PATCH', `/users/${mover.id}`, { organization_id: clinic.away });
    assert.equal(move.status, 200);
    assert.deepEqual(await seenBy(homeAdmin), [mover.id, 'Test User', '', false]);
    assert.deepEqual(await seenBy(admin), [mover.id, 'Test User', email, true]);
  });

  it('go through at most ten years of days, the last', async () => {
    const nurse = await clinic.join();
    await classify(nurse, [await image(nurse, '1995-01-01T12:00Z')], 'stage1', '1995-01-01T12:00Z');
    const answer = await metrics();
    assert.equal(answer.classifications_per_category.estagio1, 1);
    assert.equal(answer.daily_classifications.length, 3660);
    assert.equal(answer.daily_classifications.at(-1)?.date, new Date().toISOString().slice(0, 10));
    assert.equal((await metrics('?from=2016-01-01&to=2026-01-07')).daily_classifications.length, 3660);
  });

  it('are for administrators, each of his organization', async () => {
    const [nurse, stranger] = [await clinic.join(), await clinic.join([], clinic.away)];
    const [own] = await nurse.have(1);
    const [foreign] = await stranger.have(1, 2);
    await nurse.classify(own ?? '', 'estagio1');
    await stranger.classify(foreign ?? '', 'estagio2');
    const homeAdmin = await clinic.join(['ADMIN']);
    const superAdmin = await clinic.join(['SUPER_ADMIN'], clinic.away);
    const today = new Date().toISOString().slice(0, 10);
    for (const query of ['', `?from=${today}&to=${today}`]) {
      const home = await metrics(query, homeAdmin);
      assert.deepEqual([home.total_users, home.total_images, home.unclassified_images_count], [2, 1, 0]);
      assert.deepEqual(
        [home.classifications_per_category.estagio1, home.classifications_per_category.estagio2],
        [1, 0],
      );
      assert.deepEqual(
        home.classifications_by_user.map(({ id }) => id),
        [nurse.id],
      );
      assert.deepEqual(dated(home), { [today]: 1 });
      assert.equal((await metrics(query)).total_images, 3);
      assert.equal((await metrics(query, superAdmin)).total_images, 3);
    }
    for (const roles of [[], ['CUSTOMER'], ['LABELER'], ['VIEWER']] as const) {
      assert.equal((await (await clinic.join(roles)).call('GET', '/admin/metrics/')).status, 403);
    }
  });

  describe('of agreement', () => {
    let people: Clinician[];

    beforeEach(async () => {
      people = await Promise.all([1, 2, 3].map(() => clinic.join()));
    });

    /** Images on which the people give these stages, in their order; null: none. */
    async function given(rows: (Stage | null)[][], at = '2026-03-10T12:00Z'): Promise<void> {
      for (const row of rows) {
        const shown = await image(people[0]!, at);
        for (const [index, stage] of row.entries()) if (stage) await classify(people[index]!, [shown], stage, at);
      }
    }

    const periods = ['', '?from=2026-03-01&to=2026-03-31', '?from=2026-03-10&to=2026-03-10'];

    it("are Cohen's kappa where the two raters are always the same", async () => {
      await given([
        ['stage1', 'stage1'],
        ['stage1', 'stage2'],
        ['stage2', 'stage2'],
        ['stage2', 'stage2'],
        ['stage3', null],
        [null, null, 'dtpi'],
      ]);
      // p_o = 3/4; p_e = 1/2 · 1/4 + 1/2 · 3/4 = 1/2.
      for (const query of periods) {
        const { statistic, kappa, kappa_per_category: perCategory, images, raters } = (await metrics(query)).agreement;
        assert.deepEqual([statistic, kappa, images, raters], ['cohen', 0.5, 4, 2], query);
        assert.deepEqual([perCategory.estagio1, perCategory.estagio2, perCategory.estagio3], [0.5, 0.5, null]);
      }
    });

    it("are Fleiss' where they are not, be it on one image", async () => {
      await given([
        ['stage1', 'stage1'],
        [null, 'stage2', 'stage2'],
      ]);
      for (const query of periods) {
        const { agreement } = await metrics(query);
        assert.deepEqual(
          [agreement.statistic, agreement.kappa, agreement.images, agreement.raters],
          ['fleiss', 1, 2, 3],
        );
      }
      await given([['stage1', 'stage2', 'dtpi']]);
      for (const query of periods) {
        const { agreement } = await metrics(query);
        // Disagreement 0, 0 and 1; shares 4/9, 4/9 and 1/9.
        assert.ok(Math.abs(agreement.kappa! - (1 - 1 / 3 / (1 - 33 / 81))) < 1e-9, query);
      }
    });

    it('follow a change of mind, and forget an image that is deleted', async () => {
      await given([['stage1', 'stage2', 'stage3']]);
      const [shown] = await Image.query(clinic.server.db);
      await classify(people[1]!, [shown!], 'stage1', '2026-03-10T13:00Z');
      await classify(people[2]!, [shown!], 'stage1', '2026-03-10T13:00Z');
      for (const query of periods) {
        const answer = await metrics(query);
        assert.equal(answer.classifications_per_category.estagio1, 3, query);
        assert.deepEqual([answer.agreement.images, answer.agreement.kappa], [1, null], 'all chose the one stage');
      }
      await people[0]!.call('DELETE', `/images/${shown?.id ?? ''}`);
      for (const query of periods) assert.equal((await metrics(query)).agreement.images, 0);
    });

    it('are of what was classified in the period', async () => {
      await given([['stage1', 'stage1']], '2026-03-10T12:00Z');
      const [shown] = await Image.query(clinic.server.db);
      await classify(people[2]!, [shown!], 'stage1', '2026-05-01T12:00Z');
      assert.equal((await metrics('?from=2026-03-01&to=2026-03-31')).agreement.raters, 2);
      assert.equal((await metrics('?from=2026-05-01&to=2026-05-31')).agreement.raters, 0);
      assert.equal((await metrics()).agreement.raters, 3);
    });
  });
});
