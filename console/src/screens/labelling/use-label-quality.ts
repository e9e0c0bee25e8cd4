import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';

/** How far the labels of a request are, and how good. */
export const useLabelQuality = (requestId: string) =>
  useQuery({
    queryKey: ['label-quality', requestId],
    queryFn: () => client.tasks.quality.query({ request_id: requestId }),
  });
