import { client } from '../../api.js';
import { usePaged } from '../../use-paged.js';

const LIMIT = 100;

/** The tasks on a request, newest first. */
export const useRequestTasks = (requestId: string) =>
  usePaged({
    queryKey: ['assignments', { requestId }],
    fetchPage: (cursor, limit) => client.tasks.adminList.query({ request_id: requestId, limit, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
