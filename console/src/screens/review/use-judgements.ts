import { useCallback, useState } from 'react';

export interface Judgement {
  verdict: 'accepted' | 'returned';
  comment: string;
}

export type Judgements = ReadonlyMap<string, Judgement>;

const keyOf = (taskId: string) => `assay.review.${taskId}`;

function read(taskId: string): Judgements {
  try {
    return new Map(JSON.parse(localStorage.getItem(keyOf(taskId)) ?? '[]') as [string, Judgement][]);
  } catch {
    return new Map();
  }
}

function keep(taskId: string, judgements: Judgements): void {
  try {
    if (judgements.size === 0) localStorage.removeItem(keyOf(taskId));
    else localStorage.setItem(keyOf(taskId), JSON.stringify([...judgements]));
  } catch {
    // Where nothing can be kept they last as long as the page does.
  }
}

/** What the reviewer has said of pictures so far, by id: kept in the browser until the review is sent. */
export function useJudgements(taskId: string) {
  const [made, setMade] = useState<Judgements>(() => read(taskId));
  const [history, setHistory] = useState<readonly { imageId: string; before: Judgement | undefined }[]>([]);

  const set = useCallback(
    (imageId: string, judgement: Judgement | undefined) =>
      setMade((present) => {
        const next = new Map(present);
        if (judgement) next.set(imageId, judgement);
        else next.delete(imageId);
        keep(taskId, next);
        return next;
      }),
    [taskId],
  );
  const judge = (imageId: string, judgement: Judgement) => {
    setHistory((steps) => [...steps.slice(-199), { imageId, before: made.get(imageId) }]);
    set(imageId, judgement);
  };
  /** The picture whose judgement was taken back. */
  const undo = (): string | undefined => {
    const last = history.at(-1);
    if (!last) return undefined;
    setHistory((steps) => steps.slice(0, -1));
    set(last.imageId, last.before);
    return last.imageId;
  };
  const clear = () => {
    setMade(new Map());
    keep(taskId, new Map());
  };
  return { made, judge, comment: set, undo, clear };
}
