import { fork } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import Koa from 'koa';
import jwt from 'koa-jwt';
import pg from 'pg';
import { isEntryFile } from '../src/entry-file.js';

/** What `GET /requests` asks of the database for a customer, token check and all. */
const ACTOR = `select users.id, users.organization_id,
    array(select role_code from user_roles where user_id = users.id order by role_code) as roles
  from users where users.id = $1 and users.is_active and exists (
    select from sessions where sessions.id = $2 and sessions.user_id = users.id and revoked_at is null and expires_at > now())`;
const PAGE = 'select requests.* from requests where owner_id = $1 order by id desc limit $2';
const COUNT = 'select count(*) from requests where owner_id = $1';
/** Page and count as we ask for them. */
const BOTH = `select page.*, whole.total from (select count(*) as total from requests where owner_id = $1) as whole
  left join lateral (
    select id, title, description, classes, status, owner_id, created_at from requests where owner_id = $1
    order by id desc limit $2) as page on true`;

/**
 * The least that could answer the same: no validation, no paging, no errors, no headers of its own.
 * - `/`: page and count
 * - `/text`: token and session checked before, the secret given as text, as koa-jwt's manual has it
 * - `/key`: the same, the secret given as a key, as ours is
 * - `/ours`: as `/key`, by our own two statements, prepared
 */
export async function startBareKoa(options: BareKoaOptions): Promise<{ url: string; pid: number; stop: () => void }> {
  // A process of its own, as what it is compared with: with those who call in one it would be half as fast.
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
  const [url] = (await once(child, 'message')) as [string];
  return { url, pid: child.pid ?? 0, stop: () => child.kill() };
}

interface BareKoaOptions {
  databaseUrl: string;
  secret: string;
  userId: string;
  limit: number;
}

async function serve({ databaseUrl, secret, userId, limit }: BareKoaOptions): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const app = new Koa();
  const options = { algorithms: ['HS256'], passthrough: true, key: 'claims' };
  const byText = jwt({ ...options, secret });
  const byKey = jwt({ ...options, secret: createSecretKey(secret, 'utf8') as unknown as Buffer });
  app.use(async (ctx, next) => {
    if (ctx.path === '/') await next();
    else await (ctx.path === '/text' ? byText : byKey)(ctx, next);
  });
  app.use(async (ctx, next) => {
    if (ctx.path !== '/') {
      const { sub, sid } = ctx.state.claims as { sub: string; sid: string };
      const name = ctx.path === '/ours' ? { name: 'actor' } : {};
      const { rows } = await pool.query({ ...name, text: ACTOR, values: [sub, sid] });
      if (rows.length === 0) ctx.throw(401);
    }
    await next();
  });
  app.use(async (ctx) => {
    if (ctx.path === '/ours') {
      const values = [userId, limit + 1];
      const { rows } = await pool.query<{ total: string }>({ name: 'both', text: BOTH, values });
      ctx.set('X-Total-Count', rows[0]?.total ?? '');
      ctx.body = rows.slice(0, limit) as unknown;
      return;
    }
    const [page, count] = await Promise.all([
      pool.query(PAGE, [userId, limit + 1]),
      pool.query<{ count: string }>(COUNT, [userId]),
    ]);
    ctx.set('X-Total-Count', count.rows[0]?.count ?? '');
    ctx.body = page.rows.slice(0, limit) as unknown;
  });
  const handle = app.callback();
  const server = createServer((call, response) => void handle(call, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

if (isEntryFile(import.meta.url)) process.send?.(await serve(JSON.parse(process.argv[2] ?? '') as BareKoaOptions));
