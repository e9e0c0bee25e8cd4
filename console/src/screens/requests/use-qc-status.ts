import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, type QcStatus } from '../../api.js';

/** Calls are limited by the minute: often enough to see it move. */
const POLL_MS = 1_500;

export const isUnderWay = (status: QcStatus['status'] | undefined) => status === 'queued' || status === 'running';

/** How far quality control has come, followed while it is under way. */
export function useQcStatus(requestId: string) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['qc-status', requestId],
    queryFn: () => client.qc.status.query({ request_id: requestId }),
    refetchInterval: ({ state }) => (isUnderWay(state.data?.status) ? POLL_MS : false),
  });
  const { status, run_id: run } = query.data ?? {};
  useEffect(() => {
    if (status === undefined || isUnderWay(status)) return;
    void queries.invalidateQueries({ queryKey: ['results', requestId] });
    void queries.invalidateQueries({ queryKey: ['duplicates', requestId] });
    void queries.invalidateQueries({ queryKey: ['request', requestId] });
  }, [status, run, requestId, queries]);
  return query;
}
