import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';

export interface PagedOptions<Row> {
  queryKey: readonly unknown[];
  fetchPage: (cursor: string | undefined, limit: number) => Promise<Row[]>;
  idOf: (row: Row) => string;
  limit: number;
  /** Of the first page, where that is to be there before the others. */
  firstLimit?: number;
  /** Reads page after page until all are there. */
  whole?: boolean;
  refetchInterval?: number;
}

export type Paged<Row> = ReturnType<typeof usePaged<Row>>;

/** A list of the service, page by page, behind the last row of the page before. */
export function usePaged<Row>({
  queryKey,
  fetchPage,
  idOf,
  limit,
  firstLimit = limit,
  whole = false,
  refetchInterval,
}: PagedOptions<Row>) {
  const limitOf = (cursor: string | undefined) => (cursor === undefined ? firstLimit : limit);
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam, limitOf(pageParam)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page, _, cursor) => {
      const last = page.at(-1);
      return last !== undefined && page.length >= limitOf(cursor) ? idOf(last) : undefined;
    },
    placeholderData: keepPreviousData,
    ...(refetchInterval !== undefined && { refetchInterval }),
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flat(), [data]);
  /** Reads the next page, unless one is being read, or failed to be: that is for the reader to try again. */
  const readOn = useCallback(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  useEffect(() => {
    if (whole) readOn();
  }, [whole, readOn]);
  return { ...query, rows, idOf, readOn };
}
