import { v7 as uuidv7 } from 'uuid';
import { Organization } from '../../models/organization.js';
import type { RoleCode } from '../../models/user-role.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { fileOf, small } from '../uploads/uploader.js';

export interface ClinicalImage {
  id: string;
  url: string;
  preview_url: string | null;
  filename: string;
  owner_id: string;
}

export interface Uploaded extends Record<string, unknown> {
  success: boolean;
  upload_batch_id: string;
  uploaded: number;
  repeated: number;
  stage?: string;
  classified?: number;
  images: ClinicalImage[];
  errors: { filename: string; code: string; message: string }[];
}

export interface Classified extends Record<string, unknown> {
  id: string;
  image_id: string;
  stage: string;
  created_at: string;
  observations: string;
}

/** A form with files of these bytes under one field. */
export function clinicalForm(field: 'image' | 'images', pictures: readonly Buffer[]): FormData {
  const form = new FormData();
  for (const [index, bytes] of pictures.entries()) form.append(field, fileOf(`${index}.jpg`, bytes));
  return form;
}

/** The different small pictures of these numbers. */
export const pictures = (...seeds: number[]) => Promise.all(seeds.map((seed) => small(seed)));

/** Somebody at work on a test server. */
export class Clinician {
  constructor(
    readonly server: TestServer,
    readonly token: string,
    readonly id: string,
  ) {}

  call<Body = Record<string, unknown>>(method: string, path: string, json?: unknown) {
    return this.server.api<Body>(method, path, { token: this.token, json });
  }

  upload(files: readonly Buffer[], path = '/images/upload/') {
    const form = clinicalForm(path.includes('single') ? 'image' : 'images', files);
    return this.server.api<Uploaded>('POST', path, { token: this.token, form });
  }

  /** @returns the ids of images of these numbers, in that order. */
  async have(...seeds: number[]): Promise<string[]> {
    const { body } = await this.upload(await pictures(...seeds));
    return body.images.map(({ id }) => id);
  }

  classify(imageId: string, stage: string, observations?: string) {
    return this.call<Classified>('POST', '/classifications/', { image_id: imageId, stage, observations });
  }

  images = async (query = '') => (await this.call<ClinicalImage[]>('GET', `/images/${query}`)).body;

  unclassified = async (query = '') =>
    (await this.call<ClinicalImage[]>('GET', `/classifications/classification_images/${query}`)).body.map(
      ({ id }) => id,
    );
}

/** A test server with two organizations. */
export class Clinic {
  private constructor(
    readonly server: TestServer,
    readonly home: string,
    readonly away: string,
  ) {}

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<Clinic> {
    const server = await startTestServer({ env: environment });
    const [home, away] = [uuidv7(), uuidv7()];
    await Organization.query(server.db).insert([
      { id: home, name: 'home' },
      { id: away, name: 'away' },
    ]);
    return new Clinic(server, home, away);
  }

  close = () => this.server.stop();

  async join(roles: readonly RoleCode[] = [], organizationId: string | null = this.home): Promise<Clinician> {
    const { token, user } = await this.server.signUp({ roles, organizationId });
    return new Clinician(this.server, token, user.id);
  }
}
