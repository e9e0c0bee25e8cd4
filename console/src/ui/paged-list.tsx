import type { ReactNode } from 'react';
import type { Paged } from '../use-paged.js';
import { ErrorNote, Skeleton, type SkeletonProps } from './feedback.js';

export interface PagedListProps<Row> {
  list: Paged<Row>;
  /** What is said where there are no rows. */
  empty: ReactNode;
  /** How what is on its way will look. */
  skeleton?: SkeletonProps;
  children: (rows: readonly Row[]) => ReactNode;
}

/** A list of the service in all its states: on its way, not reached, empty, there, and broken off in the middle. */
export function PagedList<Row>({ list, empty, skeleton, children }: PagedListProps<Row>) {
  const { rows, error, isFetchNextPageError } = list;
  return (
    <>
      {error && !isFetchNextPageError && <ErrorNote error={error} onRetry={() => void list.refetch()} />}
      {!rows && !error && <Skeleton {...skeleton} />}
      {rows?.length === 0 && <div className="card">{empty}</div>}
      {rows && rows.length > 0 && children(rows)}
      {/* Whoever asked for more looks at the end of what is there. */}
      {isFetchNextPageError && <ErrorNote error={error} onRetry={() => void list.fetchNextPage()} />}
    </>
  );
}
