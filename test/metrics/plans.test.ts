import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { seedArchive } from '../../bench/clinical-archive.js';
import type { Actor } from '../../src/features/auth/actor.js';
import { listUnclassified } from '../../src/features/classifications/unclassified.js';
import { listClinicalImages } from '../../src/features/images/list.js';
import { measure } from '../../src/features/metrics/measure.js';
import { resolvePeriod } from '../../src/features/metrics/period.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

/** Tables that grow with the work done, not with the people who do it. */
const growing = new Set(['images', 'classifications', 'standing_classifications', 'stage_tallies']);

describe('the plans of what administrators and clinicians ask most', () => {
  let database: TestDatabase;
  let organizationId: string;
  let clinicianId: string;

  before(async () => {
    database = await freshDatabase();
    const { db } = database;
    await seedArchive(db, { organizations: 5, clinicians: 25, images: 20_000, mostRaters: 4, days: 730 });
    const row = (await db('users').first()) as { id: string; organizationId: string };
    [clinicianId, organizationId] = [row.id, row.organizationId];
  });
  after(() => database.drop());

  /** The statements that are sent while this is done, as they stand. */
  async function statementsOf(work: () => Promise<unknown>): Promise<Knex.Sql[]> {
    const statements: Knex.Sql[] = [];
    const keep = (statement: Knex.Sql) => statements.push(statement);
    database.db.on('query', keep);
    try {
      await work();
    } finally {
      database.db.removeListener('query', keep);
    }
    return statements.filter(({ sql }) => /^\s*(select|with)\b/i.test(sql));
  }

  /** Tables that grow and are read from end to end. */
  async function scannedBy({ sql, bindings }: Knex.Sql): Promise<string[]> {
    const plain = sql.replaceAll(/\$\d+/g, '?');
    const answer: unknown = await database.db.raw(`explain (format json) ${plain}`, [...bindings]);
    const { rows } = answer as { rows: { 'QUERY PLAN': [{ Plan: PlanNode }] }[] };
    const nodes: PlanNode[] = [rows[0]!['QUERY PLAN'][0].Plan];
    for (const node of nodes) nodes.push(...(node.Plans ?? []));
    return nodes
      .filter((node) => node['Node Type'] === 'Seq Scan' && growing.has(node['Relation Name'] ?? ''))
      .map((node) => node['Relation Name']!);
  }

  const administrators: Record<string, () => Actor> = {
    'of all organizations': () => ({ id: clinicianId, roles: ['SUPER_ADMIN'], organizationId: null }),
    'of one organization': () => ({ id: clinicianId, roles: ['ADMIN'], organizationId }),
  };
  for (const [whose, administrator] of Object.entries(administrators)) {
    it(`read no table from end to end for a month's metrics ${whose}`, async () => {
      const { db } = database;
      const end = new Date(Date.now() - 300 * 24 * 60 * 60 * 1000).toISOString().slice(0, 8);
      const period = await resolvePeriod(db, { from: `${end}01`, to: `${end}28`, timeZone: 'America/Sao_Paulo' });
      const statements = await statementsOf(() => measure(db, administrator(), period));
      assert.ok(statements.length >= 7, 'all of them were seen');
      for (const statement of statements) assert.deepEqual(await scannedBy(statement), [], statement.sql);
    });
  }

  it('would show a table that is read from end to end', async () => {
    const everything = database.db('standing_classifications').where('classification_id', clinicianId);
    assert.deepEqual(await scannedBy(everything.toSQL().toNative() as Knex.Sql), ['standing_classifications']);
  });

  it('walk indexes for the first page of what is still to be classified, and of all images', async () => {
    const { db } = database;
    const actor: Actor = { id: clinicianId, roles: [], organizationId };
    for (const list of [listUnclassified, listClinicalImages]) {
      const statements = await statementsOf(() => list(db, actor, { limit: 100 }));
      const [page] = statements.filter(({ sql }) => sql.includes('limit'));
      assert.deepEqual(await scannedBy(page!), []);
    }
  });
});
