import assert from 'node:assert/strict';
import type { Actor, RoleCode } from '../../src/features/auth/actor.js';
import { cameraOperations, mayOnCamera } from '../../src/features/cameras/policy.js';
import {
  mayCreateOrganization,
  mayOnOrganization,
  organizationOperations,
} from '../../src/features/organizations/policy.js';
import { mayGrant, mayOnUser, placementBy, userOperations, type UserRow } from '../../src/features/users/policy.js';

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
  'super admin of no organization': actor(['SUPER_ADMIN'], null),
};
type Who = keyof typeof actors;

/** What each may do to whose row; whatever is not listed is forbidden. */
type Rights<Whose extends string> = Record<Who, Partial<Record<Whose, string>>>;

function eachCell<Row>(
  rows: Record<string, Row>,
  rights: Rights<string>,
  allowedTo: (subject: Actor, row: Row) => readonly string[],
) {
  for (const [who, subject] of Object.entries(actors)) {
    for (const [whose, row] of Object.entries(rows)) {
      const granted = rights[who as Who][whose] ?? '';
      it(`${who} on ${whose}: ${granted || 'nothing'}`, () => {
        assert.equal(allowedTo(subject, row).join(' '), granted);
      });
    }
  }
}

const users = {
  himself: { id: 'me', organizationId: HOME, roles: [] },
  colleague: { id: 'other', organizationId: HOME, roles: ['CUSTOMER'] },
  'admin of his': { id: 'other', organizationId: HOME, roles: ['ADMIN'] },
  'super admin of his': { id: 'other', organizationId: HOME, roles: ['ADMIN', 'SUPER_ADMIN'] },
  stranger: { id: 'other', organizationId: AWAY, roles: [] },
  'user of no organization': { id: 'other', organizationId: null, roles: [] },
} satisfies Record<string, UserRow>;

describe('rights over accounts', () => {
  const own = { himself: 'read changeProfile delete' };
  const his = 'read changeProfile changeActivity delete';
  const every = 'read changeProfile changeActivity move delete';
  const all = {
    himself: every,
    colleague: every,
    'admin of his': every,
    stranger: every,
    'user of no organization': every,
  };
  const rights: Rights<keyof typeof users> = {
    'no role': own,
    customer: own,
    labeler: own,
    viewer: own,
    'viewer of no organization': own,
    admin: { himself: his, colleague: his, 'admin of his': his, 'super admin of his': 'read' },
    'admin of no organization': { ...all, 'super admin of his': 'read' },
    'super admin': { ...all, 'super admin of his': every },
    'super admin of no organization': { ...all, 'super admin of his': every },
  };
  eachCell<UserRow>(users, rights, (subject, row) =>
    userOperations.filter((operation) => mayOnUser(subject, operation, row)),
  );
});

describe('rights to give and take roles', () => {
  const codes: RoleCode[] = ['SUPER_ADMIN', 'ADMIN', 'LABELER', 'CUSTOMER', 'VIEWER'];
  const ordinary = 'ADMIN LABELER CUSTOMER VIEWER';
  const everyRole = codes.join(' ');
  const everybody = Object.fromEntries(Object.keys(users).map((whose) => [whose, everyRole]));
  const rights: Rights<keyof typeof users> = {
    'no role': {},
    customer: {},
    labeler: {},
    viewer: {},
    'viewer of no organization': {},
    admin: { himself: ordinary, colleague: ordinary, 'admin of his': ordinary },
    'admin of no organization': {
      himself: ordinary,
      colleague: ordinary,
      'admin of his': ordinary,
      stranger: ordinary,
      'user of no organization': ordinary,
    },
    'super admin': everybody,
    'super admin of no organization': everybody,
  };
  eachCell<UserRow>(users, rights, (subject, row) => codes.filter((code) => mayGrant(subject, row, code)));
});

describe('rights over organizations', () => {
  const rows = { 'his own': { id: HOME }, another: { id: AWAY } };
  const member = { 'his own': 'read' };
  const every = { 'his own': 'read rename delete', another: 'read rename delete' };
  const rights: Rights<keyof typeof rows> = {
    'no role': member,
    customer: member,
    labeler: member,
    viewer: member,
    'viewer of no organization': {},
    admin: member,
    'admin of no organization': { 'his own': 'read', another: 'read' },
    'super admin': every,
    'super admin of no organization': every,
  };
  eachCell(rows, rights, (subject, row) =>
    organizationOperations.filter((operation) => mayOnOrganization(subject, operation, row)),
  );

  it('to create one are the super admin’s', () => {
    const creators = Object.entries(actors).filter(([, subject]) => mayCreateOrganization(subject));
    assert.deepEqual(
      creators.map(([who]) => who),
      ['super admin', 'super admin of no organization'],
    );
  });
});

describe('rights over cameras', () => {
  const rows = { 'his organization’s': { organizationId: HOME }, 'another’s': { organizationId: AWAY } };
  const member = { 'his organization’s': 'read' };
  const every = 'read create change delete';
  const all = { 'his organization’s': every, 'another’s': every };
  const rights: Rights<keyof typeof rows> = {
    'no role': member,
    customer: member,
    labeler: member,
    viewer: member,
    'viewer of no organization': {},
    admin: { 'his organization’s': every },
    'admin of no organization': all,
    'super admin': all,
    'super admin of no organization': all,
  };
  eachCell(rows, rights, (subject, row) =>
    cameraOperations.filter((operation) => mayOnCamera(subject, operation, row)),
  );
});

describe('where a new user belongs', () => {
  const nowhere = { anywhere: false, organizationId: null };
  const cases: [string, Actor | null, ReturnType<typeof placementBy>][] = [
    ['nowhere when he registers himself', null, { anywhere: false, organizationId: null }],
    ['to the organization of the admin', actors.admin, { anywhere: false, organizationId: HOME }],
    ['where an admin of all says', actors['admin of no organization'], { anywhere: true }],
    ['where a super admin says', actors['super admin'], { anywhere: true }],
  ];
  for (const [name, subject, expected] of cases) {
    it(name, () => assert.deepEqual(placementBy(subject), expected));
  }

  it('nowhere when anybody else makes him', () => {
    for (const subject of [actors['no role'], actors.customer, actors.labeler, actors.viewer]) {
      assert.deepEqual(placementBy(subject), nowhere);
    }
  });
});
