import type { Knex } from 'knex';
import { User } from '../../../models/user.js';
import { administers, administersAll, type Actor } from '../auth/actor.js';
import { stages, type Stage } from '../classifications/stage.js';
import { cohenKappa, fleissKappa, type Kappa, type StageCell } from './agreement.js';
import type { Period } from './period.js';
import {
  countByClinician,
  countByDay,
  countConstellations,
  countPairs,
  countUnclassified,
  findCoRaters,
  widen,
  type Extent,
} from './tables.js';

/** Clinicians named, those with most classifications first. */
const MAX_CLINICIANS = 1000;
/** For hash tables of an entry an image. */
const WORK_MEM = '32MB';

export interface Agreement {
  statistic: 'cohen' | 'fleiss' | null;
  kappa: Kappa;
  /** That two or more clinicians classified. */
  images: number;
  /** Who classified one of those. */
  raters: number;
}

export interface ClinicianCount {
  id: string;
  name: string;
  /** Null, as is when he was last active, where the administrator does not administer him: he has moved on. */
  email: string | null;
  lastActiveAt: Date | null;
  count: number;
}

export interface Metrics {
  totalUsers: number;
  classifiedImages: number;
  unclassifiedImages: number;
  perStage: Record<Stage, number>;
  byClinician: ClinicianCount[];
  byDay: { date: string; count: number }[];
  agreement: Agreement;
}

/**
 * What an administrator may know of the clinical work: of his organization's images, or of all. Everything but the
 * number of users is about a period. Of a user's classifications of an image the newest counts, on the day it was made.
 * All figures are of one moment.
 */
export async function measure(db: Knex, administrator: Actor, period: Period): Promise<Metrics> {
  const organizationId = administersAll(administrator) ? null : administrator.organizationId;
  return db.transaction(
    async (trx) => {
      await trx.raw(`set local work_mem = '${WORK_MEM}'`);
      const extent = await widen(trx, { organizationId, start: period.start, end: period.end });
      const clinicians = await countByClinician(trx, extent);
      const cells = await countConstellations(trx, extent);
      const ofOneStage = cells.filter(({ stage }) => stage === stages[0]);
      const classifiedImages = sumOf(ofOneStage, ({ images }) => images);
      return {
        totalUsers: await countUsers(trx, organizationId),
        classifiedImages,
        unclassifiedImages: await countUnclassified(trx, extent, classifiedImages),
        perStage: perStage(cells),
        byClinician: await nameClinicians(trx, administrator, clinicians.slice(0, MAX_CLINICIANS)),
        byDay: await countByDay(trx, extent, period),
        agreement: await agreementOf(trx, extent, cells, () => clinicians.map(({ id }) => id)),
      };
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}

const sumOf = (cells: readonly StageCell[], of: (cell: StageCell) => number) =>
  cells.reduce((sum, cell) => sum + of(cell), 0);

function perStage(cells: readonly StageCell[]): Record<Stage, number> {
  const countOf = (stage: Stage) =>
    sumOf(
      cells.filter((cell) => cell.stage === stage),
      ({ count, images }) => count * images,
    );
  return Object.fromEntries(stages.map((stage) => [stage, countOf(stage)])) as Record<Stage, number>;
}

async function countUsers(trx: Knex, organizationId: string | null): Promise<number> {
  return User.query(trx)
    .whereNull('deletedAt')
    .modify((query) => {
      if (organizationId !== null) void query.where({ organizationId });
    })
    .resultSize();
}

async function nameClinicians(
  trx: Knex,
  administrator: Actor,
  counts: readonly { id: string; count: number }[],
): Promise<ClinicianCount[]> {
  const users = await User.query(trx).findByIds(counts.map(({ id }) => id));
  const byId = new Map(users.map((user) => [user.id, user]));
  return counts.flatMap(({ id, count }) => {
    const user = byId.get(id);
    if (!user) return [];
    const { email, lastActiveAt } = administers(administrator, user) ? user : { email: null, lastActiveAt: null };
    return [{ id, name: user.name, email, lastActiveAt, count }];
  });
}

async function agreementOf(
  trx: Knex,
  extent: Extent,
  cells: readonly StageCell[],
  clinicians: () => string[],
): Promise<Agreement> {
  const shared = cells.filter(({ raters }) => raters >= 2);
  const images = sumOf(
    shared.filter(({ stage }) => stage === stages[0]),
    (cell) => cell.images,
  );
  if (images === 0) return { statistic: null, kappa: fleissKappa([]), images, raters: 0 };
  const raters = await findCoRaters(trx, extent, clinicians());
  const [first, second, third] = raters;
  if (first === undefined || second === undefined || third !== undefined) {
    return { statistic: 'fleiss', kappa: fleissKappa(shared), images, raters: raters.length };
  }
  const kappa = cohenKappa(await countPairs(trx, extent, [first, second]));
  return { statistic: 'cohen', kappa, images, raters: raters.length };
}
