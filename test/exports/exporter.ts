import { v7 as uuidv7 } from 'uuid';
import { DatasetExport } from '../../models/dataset-export.js';
import { Image } from '../../models/image.js';
import { Label } from '../../models/label.js';
import { Task } from '../../models/task.js';
import { makeExport } from '../../src/features/exports/make-export.js';
import type { AnalysisPool } from '../../src/queue/analysis-pool.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { fileOf, formOf, small } from '../uploads/uploader.js';

export interface ExportRow {
  id: string;
  status: string;
  format: string;
  include_rejected: boolean;
  images_total: number;
  images_done: number;
  images_missing: number;
  size_bytes: number | null;
  error: string | null;
  completed_at: string | null;
  download_url: string | null;
}

type Pool = Pick<AnalysisPool, 'thumbnail'>;

/** Draws no picture: only the HTML report has any, and a test of that brings its own. */
const noPictures: Pool = { thumbnail: () => Promise.reject(new Error('No picture is to be drawn')) };

/** A customer with one request whose images are labelled and exported. */
export class Exporter {
  private constructor(
    readonly server: TestServer,
    readonly token: string,
    readonly userId: string,
    readonly requestId: string,
  ) {}

  static async start(classes: string[], server?: TestServer): Promise<Exporter> {
    const ground = server ?? (await startTestServer());
    const { token, user } = await ground.signUp();
    const json = { title: 'Street signs', classes };
    const { body } = await ground.api('POST', '/requests', { token, json });
    return new Exporter(ground, token, user.id, body.id as string);
  }

  /** @returns the images, oldest first. */
  async upload(...names: string[]): Promise<Image[]> {
    const { server, token, requestId } = this;
    for (const [seed, name] of names.entries()) {
      const form = formOf(fileOf(name, await small(seed)));
      const { status } = await server.api('POST', `/requests/${requestId}/uploads`, { token, form });
      if (status !== 200) throw new Error(`${name} was not taken: ${status}`);
    }
    return Image.query(server.db).where({ requestId }).orderBy('id');
  }

  /** Has one more labeler label images, each with some classes. */
  async label(...labels: [Image | undefined, ...string[]][]): Promise<void> {
    const { db } = this.server;
    const { user } = await this.server.signUp({ roles: ['LABELER'] });
    const task = { id: uuidv7(), requestId: this.requestId, labelerId: user.id, assignedBy: user.id };
    await Task.query(db).insert({ ...task, status: 'in_progress' });
    for (const [image, ...classes] of labels) {
      const label = { taskId: task.id, imageId: image?.id ?? '', labelerId: user.id, classes };
      await Label.query(db).insert({ id: uuidv7(), ...label });
    }
  }

  order = (format: string, include_rejected?: boolean) =>
    this.server.api<ExportRow & Record<string, unknown>>('POST', `/requests/${this.requestId}/exports`, {
      token: this.token,
      json: { format, include_rejected },
    });

  make = (
    exportId: string,
    {
      shutdown = new AbortController().signal,
      attempt = 1,
      storage = this.server.services.storage,
      pool = noPictures,
    } = {},
  ) =>
    makeExport(
      { db: this.server.db, storage, pool, maxPixels: 1e6 },
      { exportId },
      { shutdown, attempt, maxAttempts: 5 },
    );

  get = async (id: string) => (await this.server.api<ExportRow>('GET', `/exports/${id}`, { token: this.token })).body;

  async download(id: string): Promise<Buffer> {
    const { download_url: url } = await this.get(id);
    return Buffer.from(await (await fetch(url ?? '')).arrayBuffer());
  }

  /** Orders, makes and fetches. */
  async export(format: string, options: { rejected?: boolean; pool?: Pool } = {}): Promise<Buffer> {
    const { id } = (await this.order(format, options.rejected)).body;
    await this.make(id, options.pool ? { pool: options.pool } : {});
    return this.download(id);
  }

  async exportLines<Line = Record<string, unknown>>(options: { rejected?: boolean } = {}): Promise<Line[]> {
    const text = (await this.export('jsonl', options)).toString();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }

  reject = (image: Image | undefined) =>
    Image.query(this.server.db)
      .findById(image?.id ?? '')
      .patch({ duplicateDecision: 'reject', decidedBy: this.userId, decidedAt: new Date() });

  row = (id: string) => DatasetExport.query(this.server.db).findById(id).throwIfNotFound();
}

/** The files of a ZIP archive that stores them as they are, by name, as its central directory has them. */
export function readZip(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = archive.readUInt32LE(end + 16);
  const files = new Map<string, Buffer>();
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const bytes = archive.readUInt32LE(at + 20);
    const nameBytes = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(archive.toString('utf8', at + 46, at + 46 + nameBytes), archive.subarray(start, start + bytes));
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}
