/**
 * An administrator's metrics over a large archive, as he gets them over HTTP: a million clinical images and two million
 * classifications in two years, ten organizations, two hundred clinicians. `npm run bench:metrics [images]`
 */
import { stopDatabaseServer } from '../test/support/database.js';
import { startTestServer, type TestServer } from '../test/support/server.js';
import { seedArchive } from './clinical-archive.js';

const images = Number(process.argv[2] ?? 1_000_000);
const CALLS = 9;
const DAYS = 730;

const server = await startTestServer();
try {
  console.log(`Seeding ${images} images …`);
  const seconds = await stopwatch(() =>
    seedArchive(server.db, { organizations: 10, clinicians: 200, images, mostRaters: 4, days: DAYS }),
  );
  console.log(`… in ${(seconds / 1000).toFixed(0)} s`);
  console.table(await bench(server));
} finally {
  await server.stop();
  await stopDatabaseServer();
}

interface Figure {
  classifications: number;
  'median of 9': string;
  slowest: string;
  'count(*) of the same': string;
  ratio: string;
  goal: string;
}

async function bench(service: TestServer): Promise<Record<string, Figure>> {
  const { db } = service;
  const { token: all } = await service.signUp({ roles: ['SUPER_ADMIN'] });
  const clinic = (await db('organizations').first()) as { id: string };
  const { token: one } = await service.signUp({ roles: ['ADMIN'], organizationId: clinic.id });
  const { token: clinician } = await service.signUp({ organizationId: clinic.id });
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);

  async function figure(path: string, token: string, goal: string, peer: { from?: string; of?: string }) {
    let classifications = 0;
    const call = async () => {
      const { status, body } = await service.api('GET', path, { token });
      if (status !== 200) throw new Error(JSON.stringify(body));
      const perStage = (body.classifications_per_category ?? {}) as Record<string, number>;
      classifications = Object.values(perStage).reduce((sum, count) => sum + count, 0);
    };
    const count = async () => {
      await db('standingClassifications').modify((query) => {
        if (peer.of) void query.where('organizationId', peer.of);
        if (peer.from) void query.where('createdAt', '>=', peer.from);
        void query.count();
      });
    };
    await call();
    const times = await timesOf(call);
    const bare = await timesOf(count);
    const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
    return {
      classifications,
      'median of 9': milliseconds(median(times)),
      slowest: milliseconds(Math.max(...times)),
      'count(*) of the same': milliseconds(median(bare)),
      ratio: (median(times) / median(bare)).toFixed(1),
      goal,
    };
  }

  const metrics = (days: number) => `/admin/metrics?from=${daysAgo(days)}&to=${daysAgo(0)}&time_zone=America/Sao_Paulo`;
  const [month, year] = [daysAgo(30), daysAgo(365)];
  return {
    'a month': await figure(metrics(30), all, '< 300 ms', { from: month }),
    'a month of one organization': await figure(metrics(30), one, '', { from: month, of: clinic.id }),
    'a year': await figure(metrics(365), all, '', { from: year }),
    'a year of one organization': await figure(metrics(365), one, '', { from: year, of: clinic.id }),
    'all time': await figure('/admin/metrics', all, '< 2 s', {}),
    'all time by dates': await figure(metrics(DAYS + 1), all, '< 2 s', {}),
    'all time of one organization': await figure('/admin/metrics', one, '', { of: clinic.id }),
    'images still to be classified, first 100': await figure(
      '/classifications/classification_images?limit=100',
      clinician,
      '',
      { of: clinic.id },
    ),
  };
}

async function timesOf(work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) times.push(await stopwatch(work));
  return times;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Milliseconds. */
async function stopwatch(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
