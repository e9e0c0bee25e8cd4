import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useFailureToast } from './use-failure.js';

/** Takes rows from a list of the service: what it refuses is said, and the list is read anew. */
export function useRemoval(list: string, remove: (id: string) => Promise<unknown>) {
  const queries = useQueryClient();
  const sayFailure = useFailureToast();
  const removal = useMutation({
    mutationFn: remove,
    onError: sayFailure,
    onSettled: () => queries.invalidateQueries({ queryKey: [list] }),
  });
  /** For the button of one row. */
  return (id: string) => ({
    busy: removal.isPending && removal.variables === id,
    onSure: () => removal.mutate(id),
  });
}
