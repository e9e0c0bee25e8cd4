import { client } from '../../api.js';
import { usePaged } from '../../use-paged.js';
import { isUnderWay, useQcStatus } from '../requests/use-qc-status.js';
import { toRow, type ResultRow } from './result-row.js';

/** The first are soon there, and a hundred thousand come in few calls. */
const FIRST_LIMIT = 200;
const LIMIT = 5_000;
const WHILE_RUNNING_MS = 4_000;
/** Of more than this the list is not read anew while quality control runs, but at its end. */
const READ_ANEW_UP_TO = 4_000;

/** All results of a request, page by page until they are there: what is shown first waits for none of the rest. */
export function useResults(requestId: string) {
  const status = useQcStatus(requestId);
  const running = isUnderWay(status.data?.status);
  const few = (status.data?.images_total ?? 0) <= READ_ANEW_UP_TO;
  const list = usePaged<ResultRow>({
    queryKey: ['results', requestId],
    fetchPage: async (cursor, limit) =>
      (await client.qc.results.query({ request_id: requestId, limit, cursor })).map(toRow),
    idOf: ({ id }) => id,
    limit: LIMIT,
    firstLimit: FIRST_LIMIT,
    whole: true,
    ...(running && few && { refetchInterval: WHILE_RUNNING_MS }),
  });
  return { ...list, status: status.data, running };
}
