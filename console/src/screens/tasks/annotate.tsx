import './annotate.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useLocation, useParams } from 'wouter';
import { client, failureOf, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { EmptyState, ErrorNote, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { useToast } from '../../ui/toasts.js';
import { usePaged } from '../../use-paged.js';
import { ReviewStatus } from '../labelling/review-status.js';
import { classKeys } from './class-keys.js';
import { ClassList } from './class-list.js';
import { Easel } from './easel.js';
import { LabelOutbox } from './label-outbox.js';
import { SaidOf } from './said-of.js';
import { SentBack } from './sent-back.js';
import { TaskStatus } from './task-status.js';

type Task = RouterOutputs['tasks']['get'];
type Labels = readonly string[];
const LIMIT = 500;
/** Of a task that was sent back all pictures are read before the first is shown: those to look at again come first. */
const LIMIT_SENT_BACK = 5_000;

export default function Annotate() {
  const { id } = useParams<{ id: string }>();
  const { t } = useI18n();
  const task = useQuery({
    queryKey: ['task', id],
    queryFn: () => client.tasks.get.query({ task_id: id, limit: 1 }),
  });
  const back = { href: '/tasks', label: t('navTasks') };
  if (task.error) {
    return (
      <Page title={t('navTasks')} back={back}>
        <ErrorNote error={task.error} onRetry={() => void task.refetch()} />
      </Page>
    );
  }
  if (!task.data) return <Skeleton rows={2} height={320} />;
  return (
    <Page
      title={task.data.title}
      lead={task.data.description}
      back={back}
      badge={
        <>
          <TaskStatus status={task.data.status} />
          <ReviewStatus status={task.data.review_status} />
        </>
      }
    >
      <Workbench key={id} task={task.data} />
    </Page>
  );
}

const wasSentBack = ({ review }: Task['images'][number]) => review?.verdict === 'returned';

function Workbench({ task }: { task: Task }) {
  const { t } = useI18n();
  const say = useToast();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [index, setIndex] = useState(0);
  const [made, setMade] = useState<ReadonlyMap<string, Labels>>(new Map());
  const history = useRef<{ imageId: string; index: number; labels: Labels }[]>([]);
  const [several, setSeveral] = useState(() => localStorage.getItem('assay.several-labels') === 'yes');
  const [finishing, setFinishing] = useState(false);

  const sentBack = task.review_status === 'returned';
  const list = usePaged({
    queryKey: ['task-images', task.id],
    fetchPage: async (cursor, limit) => (await client.tasks.get.query({ task_id: task.id, limit, cursor })).images,
    idOf: (image) => image.image_id,
    limit: sentBack ? LIMIT_SENT_BACK : LIMIT,
  });
  const progress = useQuery({
    queryKey: ['task-progress', task.id],
    queryFn: () => client.tasks.progress.query({ task_id: task.id }),
  });
  const images = useMemo(() => {
    const rows = list.rows ?? [];
    if (!sentBack) return rows;
    return [...rows.filter(wasSentBack), ...rows.filter((image) => !wasSentBack(image))];
  }, [list.rows, sentBack]);
  const labelsOf = useCallback(
    (at: number): Labels => {
      const image = images[at];
      return image ? (made.get(image.image_id) ?? image.labels) : [];
    },
    [images, made],
  );

  const [outbox] = useState(
    () =>
      new LabelOutbox(task.id, (error, imageId) => {
        say(failureOf(error).message, { bad: true });
        setMade((present) => new Map([...present].filter(([id]) => id !== imageId)));
      }),
  );
  const unsaved = useSyncExternalStore(outbox.subscribe, outbox.unsaved);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (outbox.unsaved() > 0) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
      // The lists elsewhere show what was done here.
      void outbox.settled().then(() => {
        for (const key of ['task-images', 'task-progress'])
          void queries.invalidateQueries({ queryKey: [key, task.id] });
        void queries.invalidateQueries({ queryKey: ['tasks'] });
      });
    };
  }, [outbox, queries, task.id]);

  const { hasNextPage, isFetching, isError, fetchNextPage } = list;
  useEffect(() => {
    const isNear = sentBack || index > images.length - LIMIT / 2;
    if (hasNextPage && !isFetching && !isError && isNear) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage, index, images.length, sentBack]);
  useEffect(() => {
    // The next pictures are there before they are asked for.
    for (const ahead of images.slice(index + 1, index + 4)) new Image().src = ahead.url;
  }, [images, index]);

  const readOnly = task.status === 'done';
  const image = images[index];
  const go = useCallback((to: number) => setIndex(Math.max(0, Math.min(images.length - 1, to))), [images.length]);
  const put = (at: number, labels: Labels) => {
    const target = images[at];
    if (!target || readOnly) return;
    setMade((present) => new Map(present).set(target.image_id, labels));
    outbox.put(target.image_id, labels);
  };
  const label = (labels: Labels) => {
    if (!image) return;
    history.current.push({ imageId: image.image_id, index, labels: labelsOf(index) });
    put(index, labels);
  };
  const choose = (name: string) => {
    const present = labelsOf(index);
    if (several) {
      label(present.includes(name) ? present.filter((other) => other !== name) : [...present, name]);
    } else {
      label([name]);
      go(index + 1);
    }
  };
  const undo = () => {
    const last = history.current.pop();
    if (!last) {
      say(t('nothingToUndo'));
      return;
    }
    put(last.index, last.labels);
    setIndex(last.index);
  };
  const goToNext = (isWanted: (at: number) => boolean) => {
    const order = [...images.keys()].map((offset) => (index + 1 + offset) % images.length);
    const found = order.find(isWanted);
    if (found !== undefined) setIndex(found);
  };
  /** Sent back, and neither before nor during this visit labelled anew. */
  const isToLookAt = (at: number) => {
    const row = images[at];
    return row !== undefined && wasSentBack(row) && row.review?.addressed !== true && !made.has(row.image_id);
  };

  const onKey = useRef<(event: KeyboardEvent) => void>(() => undefined);
  useEffect(() => {
    onKey.current = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || finishing) return;
      if (event.target instanceof HTMLElement && event.target.matches('input, select, textarea')) return;
      const name = task.classes[classKeys.indexOf(event.key.toLowerCase())];
      const keys: Partial<Record<string, () => void>> = {
        ArrowRight: () => go(index + 1),
        ArrowLeft: () => go(index - 1),
        Home: () => go(0),
        End: () => go(images.length - 1),
        u: undo,
        Backspace: () => label([]),
      };
      const action = keys[event.key] ?? (name === undefined ? undefined : () => choose(name));
      if (!action) return;
      event.preventDefault();
      action();
    };
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey.current(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);

  const finish = useMutation({
    mutationFn: async () => {
      await outbox.settled();
      return client.tasks.complete.mutate({ task_id: task.id });
    },
    onSuccess: () => {
      say(t('taskFinished'));
      void queries.invalidateQueries({ queryKey: ['task', task.id] });
      navigate('/tasks');
    },
  });

  if (list.error) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.rows || !progress.data || (sentBack && list.hasNextPage)) return <Skeleton rows={2} height={320} />;
  // What was labelled before this visit, and what has changed since.
  const before = images.filter(({ labels }) => labels.length > 0).length;
  const now = images.filter((_, at) => labelsOf(at).length > 0).length;
  const total = progress.data.total_images;
  const done = Math.max(0, Math.min(total, list.hasNextPage ? progress.data.labeled_images + now - before : now));
  const frameOf = (at: number) => {
    const words = labelsOf(at).join(', ') || t('noLabel');
    if (isToLookAt(at)) return { mark: 'warn' as const, words: `${words}, ${t('reviewReturned')}` };
    return { mark: labelsOf(at).length > 0 ? ('good' as const) : undefined, words };
  };
  return (
    <div className="stack">
      {sentBack && task.review && (
        <SentBack review={task.review} left={images.filter((_, at) => isToLookAt(at)).length} />
      )}
      <div className="row between">
        <div className="grow stack tight" style={{ minWidth: 220 }}>
          <ProgressBar label={t('progress')} value={done} max={total} good={done === total} />
          <div className="row between faint" aria-live="polite">
            <span>{t('labelledOf', { done, total })}</span>
            <span>{unsaved > 0 ? t('labelsNotSaved', { count: unsaved }) : t('labelsSaved')}</span>
          </div>
        </div>
        {!readOnly && (
          <div className="row">
            <Button icon="undo" onClick={undo}>
              {t('undo')} <kbd>U</kbd>
            </Button>
            {images.some((_, at) => isToLookAt(at)) ? (
              <Button onClick={() => goToNext(isToLookAt)}>{t('nextSentBack')}</Button>
            ) : (
              <Button onClick={() => goToNext((at) => labelsOf(at).length === 0)}>{t('goToUnlabelled')}</Button>
            )}
            <Button kind="primary" icon="check" onClick={() => setFinishing(true)}>
              {t('finishTask')}
            </Button>
          </div>
        )}
      </div>
      {image ? (
        <div className="workbench">
          <Easel images={images} index={index} total={total} frameOf={frameOf} onGo={go} />
          <div className="card padded stack">
            {image.review && (
              <SaidOf review={image.review} addressed={image.review.addressed || made.has(image.image_id)} />
            )}
            <h2>{t('classes')}</h2>
            <ClassList classes={task.classes} chosen={labelsOf(index)} disabled={readOnly} onChoose={choose} />
            {!readOnly && (
              <>
                <label className="check">
                  <input
                    type="checkbox"
                    checked={several}
                    onChange={({ target }) => {
                      setSeveral(target.checked);
                      localStorage.setItem('assay.several-labels', target.checked ? 'yes' : 'no');
                    }}
                  />
                  {t('severalLabels')}
                </label>
                <p className="faint">{t('annotateHelp')}</p>
              </>
            )}
          </div>
        </div>
      ) : (
        <div className="card">
          <EmptyState icon="picture" title={t('annotateNone')}>
            <p>{t('annotateNoneLead')}</p>
          </EmptyState>
        </div>
      )}
      {finishing && (
        <Dialog title={t('finishTask')} onClose={() => setFinishing(false)}>
          <p>{done < total ? t('finishTaskLead', { count: total - done }) : t('finishTaskReady')}</p>
          {finish.error && <ErrorNote error={finish.error} />}
          <div className="dialog-foot">
            <Button onClick={() => setFinishing(false)}>{t('cancel')}</Button>
            <Button kind="primary" icon="check" busy={finish.isPending} onClick={() => finish.mutate()}>
              {t('finishTask')}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
