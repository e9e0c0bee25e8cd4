import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

export interface PagedOptions<Row> {
  queryKey: readonly unknown[];
  fetchPage: (cursor: string | undefined) => Promise<Row[]>;
  idOf: (row: Row) => string;
  limit: number;
  refetchInterval?: number;
}

/** A list of the service, page by page, behind the last row of the page before. */
export function usePaged<Row>({ queryKey, fetchPage, idOf, limit, refetchInterval }: PagedOptions<Row>) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => {
      const last = page.at(-1);
      return last !== undefined && page.length >= limit ? idOf(last) : undefined;
    },
    placeholderData: keepPreviousData,
    ...(refetchInterval !== undefined && { refetchInterval }),
  });
  return { ...query, rows: query.data?.pages.flat() };
}
