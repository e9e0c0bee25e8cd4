import { createContext, use } from 'react';
import type { Me } from './api.js';

const Context = createContext<Me | undefined>(undefined);

export const MeProvider = Context;

/** Who is signed in. */
export function useMe(): Me {
  const me = use(Context);
  if (!me) throw new Error('Nobody is signed in here');
  return me;
}

type Rights = Pick<Me, 'roles'>;

const has = ({ roles }: Rights, ...wanted: Me['roles']) =>
  roles.includes('SUPER_ADMIN') || wanted.some((role) => roles.includes(role));

/** Customers, and users without a role, order data; so do administrators. */
export const ordersData = (me: Rights) => me.roles.length === 0 || has(me, 'CUSTOMER', 'ADMIN');
export const seesRequests = (me: Rights) => ordersData(me) || has(me, 'VIEWER', 'LABELER');
export const labels = (me: Rights) => has(me, 'LABELER');
export const administers = (me: Rights) => has(me, 'ADMIN');
/** Of all organizations, not of one's own alone. */
export const administersAll = (me: Rights & Pick<Me, 'organization_id'>) =>
  me.roles.includes('SUPER_ADMIN') || (me.roles.includes('ADMIN') && me.organization_id === null);
export const isClinician = (me: Rights) => me.roles.some((role) => role !== 'VIEWER') || me.roles.length === 0;
