import assert from 'node:assert/strict';
import type { Actor, RoleCode } from '../../src/features/auth/actor.js';
import {
  mayCreateRequest,
  mayOnRequest,
  requestOperations,
  type RequestOperation,
} from '../../src/features/requests/policy.js';
import { mayOnTask, taskOperations, type TaskOperation } from '../../src/features/tasks/policy.js';
import { mayGrant, maySeeUser } from '../../src/features/users/policy.js';

const HOME = 'home organization';
const AWAY = 'another organization';

const actor = (roles: RoleCode[], organizationId: string | null = HOME): Actor => ({ id: 'me', roles, organizationId });

const actors = {
  'no role': actor([]),
  customer: actor(['CUSTOMER']),
  labeler: actor(['LABELER']),
  viewer: actor(['VIEWER']),
  'viewer of no organization': actor(['VIEWER'], null),
  admin: actor(['ADMIN']),
  'admin of no organization': actor(['ADMIN'], null),
  'super admin': actor(['SUPER_ADMIN']),
};

const requests = {
  own: { ownerId: 'me', organizationId: HOME, hasTask: false },
  colleague: { ownerId: 'other', organizationId: HOME, hasTask: false },
  'with task': { ownerId: 'other', organizationId: AWAY, hasTask: true },
  stranger: { ownerId: 'other', organizationId: AWAY, hasTask: false },
  'no organization': { ownerId: 'other', organizationId: null, hasTask: false },
};

const everything = 'read readUploads write runQc assign';

/** What each may do to whose request; whatever is not listed is forbidden. */
const requestRights: Record<keyof typeof actors, Partial<Record<keyof typeof requests, string>>> = {
  'no role': { own: 'read readUploads write runQc' },
  customer: { own: 'read readUploads write runQc' },
  labeler: { own: 'read readUploads', 'with task': 'read runQc' },
  viewer: { own: 'read readUploads', colleague: 'read readUploads' },
  'viewer of no organization': { own: 'read readUploads' },
  admin: { own: everything, colleague: everything },
  'admin of no organization': {
    own: everything,
    colleague: everything,
    'with task': everything,
    stranger: everything,
    'no organization': everything,
  },
  'super admin': {
    own: everything,
    colleague: everything,
    'with task': everything,
    stranger: everything,
    'no organization': everything,
  },
};

describe('rights over requests', () => {
  for (const [who, subject] of Object.entries(actors)) {
    for (const [whose, row] of Object.entries(requests)) {
      const granted = requestRights[who as keyof typeof actors][whose as keyof typeof requests] ?? '';
      it(`${who} on a request of ${whose}: ${granted || 'nothing'}`, () => {
        const allowed = requestOperations.filter((operation: RequestOperation) =>
          mayOnRequest(subject, operation, row),
        );
        assert.equal(allowed.join(' '), granted);
      });
    }
  }

  it('are those of all roles together', () => {
    const both = actor(['CUSTOMER', 'LABELER']);
    assert.ok(mayOnRequest(both, 'write', requests.own));
    assert.ok(mayOnRequest(both, 'runQc', requests['with task']));
  });

  it('do not come with a task once the role of labeler is gone', () => {
    assert.equal(mayOnRequest(actors.customer, 'read', requests['with task']), false);
  });

  it('to create one are for customers and administrators', () => {
    const creators = Object.entries(actors).filter(([, subject]) => mayCreateRequest(subject));
    assert.deepEqual(
      creators.map(([who]) => who),
      ['no role', 'customer', 'admin', 'admin of no organization', 'super admin'],
    );
  });
});

const tasks = {
  own: { labelerId: 'me', organizationId: AWAY },
  colleague: { labelerId: 'other', organizationId: HOME },
  stranger: { labelerId: 'other', organizationId: AWAY },
};

const taskRights: Record<keyof typeof actors, Partial<Record<keyof typeof tasks, string>>> = {
  'no role': {},
  customer: {},
  labeler: { own: 'read label' },
  viewer: { colleague: 'read' },
  'viewer of no organization': {},
  admin: { colleague: 'read label review' },
  'admin of no organization': { own: 'read label', colleague: 'read label review', stranger: 'read label review' },
  'super admin': { own: 'read label', colleague: 'read label review', stranger: 'read label review' },
};

describe('rights over tasks', () => {
  for (const [who, subject] of Object.entries(actors)) {
    for (const [whose, row] of Object.entries(tasks)) {
      const granted = taskRights[who as keyof typeof actors][whose as keyof typeof tasks] ?? '';
      it(`${who} on a task of ${whose}: ${granted || 'nothing'}`, () => {
        const allowed = taskOperations.filter((operation: TaskOperation) => mayOnTask(subject, operation, row));
        assert.equal(allowed.join(' '), granted);
      });
    }
  }
});

describe('rights over users', () => {
  const user = (organizationId: string | null, ...roles: RoleCode[]) => ({ id: 'other', organizationId, roles });
  const grants: RoleCode[] = ['SUPER_ADMIN', 'ADMIN', 'LABELER', 'CUSTOMER', 'VIEWER'];
  const mayGive = (subject: Actor, row: ReturnType<typeof user>) =>
    grants.filter((role) => mayGrant(subject, row, role)).join(' ');

  it('let a super admin give any role to anyone', () => {
    assert.equal(mayGive(actors['super admin'], user(AWAY, 'SUPER_ADMIN')), grants.join(' '));
  });

  it('let an admin give any role but SUPER_ADMIN within his organization', () => {
    assert.equal(mayGive(actors.admin, user(HOME)), 'ADMIN LABELER CUSTOMER VIEWER');
    assert.equal(mayGive(actors.admin, user(AWAY)), '');
    assert.equal(mayGive(actors['admin of no organization'], user(AWAY)), 'ADMIN LABELER CUSTOMER VIEWER');
  });

  it('keep an admin from touching a super admin', () => {
    assert.equal(mayGive(actors.admin, user(HOME, 'SUPER_ADMIN')), '');
  });

  it('let nobody else give anything, not even to himself', () => {
    for (const subject of [actors['no role'], actors.customer, actors.labeler, actors.viewer]) {
      assert.equal(mayGive(subject, user(HOME)), '');
      assert.equal(mayGive(subject, { ...user(HOME), id: subject.id }), '');
    }
  });

  it('show a user to himself and to who administers him', () => {
    const seen = Object.entries(actors).filter(([, subject]) => maySeeUser(subject, user(AWAY)));
    assert.deepEqual(
      seen.map(([who]) => who),
      ['admin of no organization', 'super admin'],
    );
    assert.ok(maySeeUser(actors.customer, { ...user(AWAY), id: 'me' }));
  });
});
