import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, type QcStatus } from '../../api.js';

export const isUnderWay = (status: QcStatus['status'] | undefined) => status === 'queued' || status === 'running';

/** How far quality control has come, told by the service while it is under way. */
export function useQcStatus(requestId: string) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['qc-status', requestId],
    queryFn: () => client.qc.status.query({ request_id: requestId }),
  });
  const { status, run_id: run } = query.data ?? {};
  const underWay = isUnderWay(status);

  useEffect(() => {
    if (!underWay) return;
    const gone = new AbortController();
    void (async () => {
      try {
        for await (const told of client.qc.watch(requestId, { signal: gone.signal })) {
          queries.setQueryData(['qc-status', requestId], told);
        }
      } catch {
        // Asking shows what is wrong, where it still is.
        if (!gone.signal.aborted) void queries.invalidateQueries({ queryKey: ['qc-status', requestId] });
      }
    })();
    return () => gone.abort();
  }, [underWay, run, requestId, queries]);

  useEffect(() => {
    if (status === undefined || isUnderWay(status)) return;
    void queries.invalidateQueries({ queryKey: ['results', requestId] });
    void queries.invalidateQueries({ queryKey: ['duplicates', requestId] });
    void queries.invalidateQueries({ queryKey: ['request', requestId] });
  }, [status, run, requestId, queries]);
  return query;
}
