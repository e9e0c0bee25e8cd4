/**
 * The main job from end to end through the typed client: `npm run demo [folder]`.
 * A customer orders labelled data and uploads a folder, quality control looks at it, a labeler labels it.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, uploadFiles, type AssayClient, type RouterOutputs } from '../../client/node.js';
import { renderDemoFolder } from './pictures.js';
import { startService } from './service.js';

const PICTURE = /\.(jpe?g|png|webp)$/i;
const PASSWORD = 'correct horse battery staple';

const scratch = await mkdtemp(join(tmpdir(), 'assay-demo-'));
try {
  await demo(process.argv[2]);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function demo(givenFolder: string | undefined): Promise<void> {
  const folder = givenFolder ? resolve(givenFolder) : join(scratch, 'pictures');
  if (!givenFolder) await renderDemoFolder(folder);
  const files = (await readdir(folder)).filter((name) => PICTURE.test(name)).map((name) => join(folder, name));

  console.log('Starting the service from nothing …');
  const service = await startService(join(scratch, 'data'));
  try {
    const boss = await signUp(service.url, 'boss');
    await grant(boss.client, boss.id, 'SUPER_ADMIN');
    const labeler = await signUp(service.url, 'labeler');
    await grant(boss.client, labeler.id, 'LABELER');
    const customer = await signUp(service.url, 'customer');

    const request = await customer.client.requests.create.mutate({ title: 'Demo', classes: ['keep', 'reject'] });
    await upload(customer.client, request.id, files);
    await qualityControl(customer.client, request.id);
    await printResults(customer.client, request.id);
    await label({ admin: boss.client, labeler: labeler.client }, request.id);
  } finally {
    await service.stop();
  }
}

async function signUp(url: string, name: string): Promise<{ client: AssayClient; id: string }> {
  const email = `${name}@example.com`;
  await createClient({ url }).users.create.mutate({ email, password: PASSWORD, name, username: name });
  const signIn = () => createClient({ url }).auth.login.mutate({ email, password: PASSWORD });
  let session = await signIn();
  let renewAt = Date.now() + (session.expires_in * 1000) / 2;
  const token = async () => {
    if (Date.now() > renewAt) {
      session = await signIn();
      renewAt = Date.now() + (session.expires_in * 1000) / 2;
    }
    return session.access_token;
  };
  return { client: createClient({ url, token }), id: session.user_id };
}

async function grant(client: AssayClient, id: string, role: string): Promise<void> {
  await client.users.grantRole.mutate({ id, role_code: role });
}

async function upload(client: AssayClient, requestId: string, files: string[]): Promise<void> {
  const outcome = await uploadFiles(client, requestId, files, {
    filesPerCall: 20,
    onProgress: ({ sent, total }) => {
      progressBar('Uploading', sent, total);
    },
  });
  console.log(`${outcome.uploaded} uploaded, ${outcome.skipped} already there, ${outcome.errors.length} refused:`);
  for (const { filename, message } of outcome.errors) console.log(`  ${filename}: ${message}`);
}

async function qualityControl(client: AssayClient, requestId: string): Promise<void> {
  await client.qc.run.mutate({ request_id: requestId });
  for (;;) {
    const status = await client.qc.status.query({ request_id: requestId });
    const done = status.status === 'completed';
    progressBar('Quality control', done ? status.images_total : status.images_done, status.images_total, done);
    if (done) return;
    if (status.status === 'failed') throw new Error(status.error ?? 'Quality control failed');
    await sleep(200);
  }
}

async function printResults(client: AssayClient, requestId: string): Promise<void> {
  const results: RouterOutputs['qc']['results'] = await client.qc.results.query({ request_id: requestId });
  const names = new Map(results.map(({ image_id, filename }) => [image_id, filename]));
  console.table(
    results.map((result) => ({
      picture: result.filename,
      duplicate: result.duplicate_score.toFixed(3),
      'AI-generated': result.ai_generated_score.toFixed(3),
      'best match': names.get(result.matched_image_id ?? '') ?? '',
      flags: result.flags.join(', '),
    })),
  );
}

async function label(clients: { admin: AssayClient; labeler: AssayClient }, requestId: string): Promise<void> {
  const { task_id } = await clients.admin.tasks.assign.mutate({ request_id: requestId, labeler_username: 'labeler' });
  if (!task_id) throw new Error('No task was made');
  const task = await clients.labeler.tasks.get.query({ task_id });
  const results = await clients.labeler.qc.results.query({ request_id: requestId });
  const flagged = new Set(results.filter(({ flags }) => flags.length > 0).map(({ image_id }) => image_id));
  for (const [index, { image_id }] of task.images.entries()) {
    const labels = [flagged.has(image_id) ? 'reject' : 'keep'];
    await clients.labeler.tasks.saveLabels.mutate({ task_id, image_id, labels });
    progressBar('Labelling', index + 1, task.images.length);
  }
  await clients.labeler.tasks.complete.mutate({ task_id });
  const request = await clients.admin.requests.get.query({ request_id: requestId });
  console.log(`The request is ${request.status}.`);
}

function progressBar(title: string, done: number, total: number, finished = done >= total): void {
  const width = 30;
  const filled = total > 0 ? Math.round((done / total) * width) : width;
  const line = `${title.padEnd(16)} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${total}`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}${finished ? '\n' : ''}`);
  else if (finished) console.log(line);
}
