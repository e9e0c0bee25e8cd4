import './annotate.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useLocation, useParams } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { EmptyState, ErrorNote, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { useToast } from '../../ui/toasts.js';
import { useFailureToast } from '../../use-failure.js';
import { useKeys, walkingKeys } from '../../use-keys.js';
import { usePaged } from '../../use-paged.js';
import { ReviewStatus } from '../labelling/review-status.js';
import { keysOfClasses } from './class-keys.js';
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
  const sayFailure = useFailureToast();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [index, setIndex] = useState(0);
  const [made, setMade] = useState<ReadonlyMap<string, Labels>>(new Map());
  const [history, setHistory] = useState<readonly { index: number; labels: Labels }[]>([]);
  const [several, setSeveral] = useState(() => localStorage.getItem('assay.several-labels') === 'yes');
  const [finishing, setFinishing] = useState(false);

  const sentBack = task.review_status === 'returned';
  const list = usePaged({
    queryKey: ['task-images', task.id],
    fetchPage: async (cursor, limit) => (await client.tasks.get.query({ task_id: task.id, limit, cursor })).images,
    idOf: (image) => image.image_id,
    limit: sentBack ? LIMIT_SENT_BACK : LIMIT,
    whole: sentBack,
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
        sayFailure(error);
        setMade((present) => new Map([...present].filter(([id]) => id !== imageId)));
      }),
  );
  const unsaved = useSyncExternalStore(outbox.subscribe, outbox.unsaved);
  useEffect(
    () => () => {
      // The lists elsewhere show what was done here.
      void outbox.settled().then(() => {
        for (const key of ['task-images', 'task-progress'])
          void queries.invalidateQueries({ queryKey: [key, task.id] });
        void queries.invalidateQueries({ queryKey: ['tasks'] });
      });
    },
    [outbox, queries, task.id],
  );

  const { readOn } = list;
  const nearsEnd = index > images.length - LIMIT / 2;
  useEffect(() => {
    if (nearsEnd) readOn();
  }, [nearsEnd, readOn]);

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
    setHistory((steps) => [...steps, { index, labels: labelsOf(index) }]);
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
    const last = history.at(-1);
    if (!last) {
      say(t('nothingToUndo'));
      return;
    }
    setHistory((steps) => steps.slice(0, -1));
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

  useKeys(
    {
      ...keysOfClasses(task.classes, choose),
      ...walkingKeys(index, images.length, go),
      u: undo,
      Backspace: () => label([]),
    },
    !finishing,
  );

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

  const isWhole = list.rows !== undefined && !(sentBack && list.hasNextPage);
  if (!isWhole && list.error) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (!progress.data && progress.error) {
    return <ErrorNote error={progress.error} onRetry={() => void progress.refetch()} />;
  }
  if (!isWhole || !progress.data) return <Skeleton rows={2} height={320} />;
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
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.fetchNextPage()} />}
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
                <p className="faint keys-hint">{t('annotateHelp')}</p>
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
        <DialogForm
          title={t('finishTask')}
          action={t('finishTask')}
          icon="check"
          sending={finish}
          onClose={() => setFinishing(false)}
        >
          <p>{done < total ? t('finishTaskLead', { count: total - done }) : t('finishTaskReady')}</p>
        </DialogForm>
      )}
    </div>
  );
}
