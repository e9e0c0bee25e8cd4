import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

export interface Outcome {
  uploaded: number;
  skipped: number;
  errors: { filename: string; code: string; message: string }[];
}

export interface Upload {
  image_id: string;
  filename: string;
  key: string;
  etag: string;
  content_type: string;
  size_bytes: number;
  preview_url: string | null;
}

export const small = (seed: number, format: 'jpeg' | 'png' | 'webp' = 'jpeg') =>
  renderPicture({ seed, format, width: 96, height: 64 });

export const fileOf = (name: string, bytes: Buffer, type = 'image/jpeg') =>
  new File([new Uint8Array(bytes)], name, { type });

export function formOf(...files: File[]): FormData {
  const form = new FormData();
  for (const file of files) form.append('files', file);
  return form;
}

export const codes = ({ body }: { body: Outcome }) => body.errors.map(({ filename, code }) => `${filename}: ${code}`);

/** A customer of a server of his own, with one request to upload to. */
export class Uploader {
  private constructor(
    readonly server: TestServer,
    readonly token: string,
    readonly requestId: string,
  ) {}

  static async start(environment: NodeJS.ProcessEnv = {}): Promise<Uploader> {
    const server = await startTestServer({ env: environment });
    const { token } = await server.signUp();
    const { body } = await server.api('POST', '/requests', { token, json: { title: 'Signs' } });
    return new Uploader(server, token, body.id as string);
  }

  stop = () => this.server.stop();

  send = (files: readonly File[], path = `/requests/${this.requestId}/uploads`) =>
    this.server.api<Outcome & Record<string, unknown>>('POST', path, { token: this.token, form: formOf(...files) });

  list = async (query = '') =>
    (await this.server.api<Upload[]>('GET', `/requests/${this.requestId}/uploads${query}`, { token: this.token })).body;

  /** Files under the storage folder, thumbnails and temporary files included. */
  async storedFiles(): Promise<string[]> {
    const folder = join(this.server.services.config.dataDir, 'storage');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }
}
