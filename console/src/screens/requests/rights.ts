import type { Request } from '../../api.js';
import { administers, useMe } from '../../me.js';

export interface RequestRights {
  write: boolean;
  runQc: boolean;
  readUploads: boolean;
}

/** What to offer the user on a request that he may read; what he may do, the service decides. */
export function useRequestRights(request: Pick<Request, 'owner_id'>): RequestRights {
  const me = useMe();
  const customer = me.roles.length === 0 || me.roles.includes('CUSTOMER');
  const owns = request.owner_id === me.id;
  const write = administers(me) || (owns && customer);
  return {
    write,
    runQc: write || me.roles.includes('LABELER'),
    readUploads: write || owns || me.roles.includes('VIEWER'),
  };
}
