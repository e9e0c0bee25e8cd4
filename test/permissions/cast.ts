import { v7 as uuidv7 } from 'uuid';
import { Camera } from '../../models/camera.js';
import { DatasetExport } from '../../models/dataset-export.js';
import { Organization } from '../../models/organization.js';
import { PersonalAccessToken } from '../../models/personal-access-token.js';
import { Session } from '../../models/session.js';
import { Task, type TaskStatus } from '../../models/task.js';
import type { RoleCode } from '../../models/user-role.js';
import { renderPicture } from '../support/pictures.js';
import { startTestServer, type TestServer } from '../support/server.js';

/** Everyone who may come: the rows of the matrix belong to the first, who is of the organization `home`. */
const roster = {
  owner: [[], 'home'],
  colleague: [['CUSTOMER'], 'home'],
  stranger: [['CUSTOMER'], 'away'],
  labeler: [['LABELER'], 'away'],
  'idle labeler': [['LABELER'], 'home'],
  viewer: [['VIEWER'], 'home'],
  'foreign viewer': [['VIEWER'], 'away'],
  admin: [['ADMIN'], 'home'],
  'foreign admin': [['ADMIN'], 'away'],
  'general admin': [['ADMIN'], null],
  'super admin': [['SUPER_ADMIN'], null],
} as const satisfies Record<string, [readonly RoleCode[], 'home' | 'away' | null]>;

export type Who = keyof typeof roster;
export const everyone = Object.keys(roster) as Who[];

interface Person {
  token: string;
  id: string;
  email: string;
}

/**
 * People of every role in and out of two organizations, and what one of them, the owner, has: a request with a picture
 * and a task that the labeler has in hand, a clinical image, and whatever rows a call is to be tried on.
 */
export class Cast {
  private constructor(
    readonly server: TestServer,
    readonly organizations: { home: string; away: string },
    readonly people: Record<Who, Person>,
    readonly rows: { requestId: string; imageId: string; taskId: string; clinicalImageId: string },
  ) {}

  static async assemble(): Promise<Cast> {
    const server = await startTestServer();
    const organizations = { home: uuidv7(), away: uuidv7() };
    for (const [name, id] of Object.entries(organizations)) await Organization.query(server.db).insert({ id, name });
    const people: Partial<Record<Who, Person>> = {};
    for (const who of everyone) {
      const [roles, home] = roster[who];
      const { token, user } = await server.signUp({ roles, organizationId: home && organizations[home] });
      people[who] = { token, id: user.id, email: user.email };
    }
    const nobody = { requestId: '', imageId: '', taskId: '', clinicalImageId: '' };
    const cast = new Cast(server, organizations, people as Record<Who, Person>, nobody);
    await cast.#giveOwnerHisRows();
    return cast;
  }

  async #giveOwnerHisRows(): Promise<void> {
    const { rows, people } = this;
    const order = { title: 'Signs', classes: ['stop'] };
    rows.requestId = (await this.call('owner', 'POST', '/requests', order)).body.id as string;
    await this.sendPicture('owner', `/requests/${rows.requestId}/uploads`, 'files');
    const uploads = await this.call<{ image_id: string }[]>('owner', 'GET', `/requests/${rows.requestId}/uploads`);
    rows.imageId = uploads.body[0]?.image_id ?? '';
    rows.taskId = uuidv7();
    const assignment = { labelerId: people.labeler.id, assignedBy: people['general admin'].id };
    await Task.query(this.server.db).insert({ id: rows.taskId, requestId: rows.requestId, ...assignment });
    rows.clinicalImageId = await this.clinicalImage(1);
  }

  call<Body = Record<string, unknown>>(who: Who, method: string, path: string, json?: unknown) {
    return this.server.api<Body>(method, path, { token: this.people[who].token, json });
  }

  /** @param seed Two seeds make two pictures. */
  async sendPicture(who: Who, path: string, field: string, seed = 1) {
    const form = new FormData();
    const picture = await renderPicture({ seed, width: 64, height: 64 });
    form.append(field, new File([new Uint8Array(picture)], 'a.jpg'));
    return this.server.api('POST', path, { token: this.people[who].token, form });
  }

  /** A clinical image of the owner's. */
  async clinicalImage(seed: number): Promise<string> {
    const { body } = await this.sendPicture('owner', '/images/upload/single', 'image', seed);
    return (body.image as { id: string }).id;
  }

  /** A further request of the owner's, on which the labeler has a task. */
  async request(status: TaskStatus = 'assigned'): Promise<string> {
    const { body } = await this.call<{ id: string }>('owner', 'POST', '/requests', { title: 'More signs' });
    const { labeler, 'general admin': admin } = this.people;
    const assignment = { labelerId: labeler.id, assignedBy: admin.id };
    await Task.query(this.server.db).insert({ id: uuidv7(), requestId: body.id, ...assignment, status });
    return body.id;
  }

  /** A camera of the owner's organization. */
  async camera(): Promise<string> {
    const id = uuidv7();
    await Camera.query(this.server.db).insert({
      id,
      organizationId: this.organizations.home,
      name: `camera ${id}`,
      location: 'Entrance',
      streamUrl: 'rtsp://cam.example/live',
      active: true,
    });
    return id;
  }

  /** An export of the owner's request. */
  async export(): Promise<string> {
    const id = uuidv7();
    await DatasetExport.query(this.server.db).insert({
      id,
      requestId: this.rows.requestId,
      requestedBy: this.people.owner.id,
      format: 'csv',
      includeRejected: false,
      status: 'failed',
    });
    return id;
  }

  /** An organization without members. */
  async organization(): Promise<string> {
    const id = uuidv7();
    await Organization.query(this.server.db).insert({ id, name: `organization ${id}` });
    return id;
  }

  /** A further session of somebody's. */
  async session(who: Who): Promise<string> {
    const id = uuidv7();
    const expiresAt = new Date(Date.now() + 60_000);
    await Session.query(this.server.db).insert({ id, userId: this.people[who].id, expiresAt });
    return id;
  }

  /** A personal access token of the owner's. */
  async token(): Promise<string> {
    const id = uuidv7();
    await PersonalAccessToken.query(this.server.db).insert({
      id,
      userId: this.people.owner.id,
      name: 'import',
      scope: 'read',
      tokenHash: Buffer.from(id.replaceAll('-', '').padEnd(64, '0'), 'hex'),
      expiresAt: new Date(Date.now() + 60_000),
    });
    return id;
  }

  /** Somebody of the owner's organization, with these roles, whom nothing else depends on. */
  async member(...roles: RoleCode[]): Promise<string> {
    return (await this.server.signUp({ roles, organizationId: this.organizations.home })).user.id;
  }

  /** Of a further session of somebody's, for calls that end the one they come from. */
  async freshToken(who: Who): Promise<string> {
    const sessionId = await this.session(who);
    return this.server.services.tokens.signAccessToken({ userId: this.people[who].id, sessionId, now: new Date() });
  }

  dismiss = () => this.server.stop();
}
