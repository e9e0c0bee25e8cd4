import { v7 as uuidv7 } from 'uuid';
import { Image } from '../../models/image.js';
import type { TestServer } from '../support/server.js';

export type Person = Awaited<ReturnType<TestServer['signUp']>>;

export interface TaskRow {
  task_id: string;
  labeler_username: string;
  images_count: number;
}

interface Distribution {
  overlap: number | null;
  tasks: TaskRow[];
  errors?: Record<string, string[]>;
}

export interface Review {
  verdict: string;
  comment: string;
  reviewer_username: string;
  addressed: boolean;
}

export interface TaskDetails {
  status: string;
  review_status: string | null;
  review: Review | null;
  images: { image_id: string; labels: string[]; review: Review | null }[];
}

/** A request with images, an administrator, and labelers who share it. */
export class Labelling {
  private constructor(
    readonly server: TestServer,
    readonly admin: Person,
    readonly customer: Person,
    readonly requestId: string,
  ) {}

  static async start(server: TestServer, images: number, classes = ['stop', 'yield', 'other']): Promise<Labelling> {
    const admin = await server.signUp({ roles: ['ADMIN'] });
    const customer = await server.signUp();
    const json = { title: 'Signs', classes };
    const { body } = await server.api('POST', '/requests', { token: customer.token, json });
    const labelling = new Labelling(server, admin, customer, body.id as string);
    await labelling.addImages(images);
    return labelling;
  }

  /** Rows alone: nobody looks at the pictures. */
  async addImages(count: number): Promise<void> {
    const { db } = this.server;
    const batchId = uuidv7();
    const ownerId = this.customer.user.id;
    await db('upload_batches').insert({ id: batchId, requestId: this.requestId, ownerId });
    const rows = Array.from({ length: count }, () => {
      const id = uuidv7();
      const sha256 = Buffer.from(id.replaceAll('-', '').repeat(2), 'hex');
      const ownership = { id, requestId: this.requestId, batchId, ownerId, storageKey: `originals/${id}`, etag: '"1"' };
      return { ...ownership, filename: 'a.jpg', sha256, bytes: 1, contentType: 'image/jpeg', width: 8, height: 8 };
    });
    if (rows.length > 0) await db('images').insert(rows);
  }

  images = () => Image.query(this.server.db).where({ requestId: this.requestId }).orderBy('id');

  labelers = (count: number) =>
    Promise.all(Array.from({ length: count }, () => this.server.signUp({ roles: ['LABELER'] })));

  distribute = (overlap: number | null, labelers: readonly Person[] = []) =>
    this.server.api<Distribution>('POST', '/admin/distribute', {
      token: this.admin.token,
      json: {
        request_id: this.requestId,
        overlap,
        labeler_usernames: labelers.map(({ user }) => user.username),
      },
    });

  async assign({ user }: Person): Promise<string> {
    const json = { request_id: this.requestId, labeler_username: user.username };
    const { body } = await this.server.api('POST', '/admin/assign', { token: this.admin.token, json });
    return body.task_id as string;
  }

  details = async (taskId: string, who: Person) =>
    (await this.server.api<TaskDetails>('GET', `/tasks/${taskId}`, { token: who.token })).body;

  label = (taskId: string, imageId: string | undefined, labels: string[], who: Person) =>
    this.server.api('POST', `/tasks/${taskId}/labels`, { token: who.token, json: { image_id: imageId, labels } });

  complete = (taskId: string, who: Person) =>
    this.server.api('POST', `/tasks/${taskId}/complete`, { token: who.token });

  review = (taskId: string, json: object, who = this.admin) =>
    this.server.api('POST', `/tasks/${taskId}/review`, { token: who.token, json });

  /** How many labelers each image was dealt to, by image id; images dealt to nobody are not in it. */
  async hands(): Promise<Map<string, number>> {
    const { rows } = await this.server.db.raw<{ rows: { id: string; labelers: number }[] }>(
      `select image_id as id, count(distinct labeler_id) as labelers from task_images
       join tasks on tasks.id = task_images.task_id where request_id = ? group by image_id`,
      [this.requestId],
    );
    return new Map(rows.map(({ id, labelers }) => [id, labelers]));
  }
}
