import { useCallback, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useLocation } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Notice, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { useToast } from '../../ui/toasts.js';
import { useKeys, walkingKeys } from '../../use-keys.js';
import { usePaged } from '../../use-paged.js';
import { Easel } from '../tasks/easel.js';
import type { FrameMark } from '../tasks/filmstrip.js';
import { FinishReview } from './finish-review.js';
import { JudgePanel } from './judge-panel.js';
import { ReviewFilter, isOf, type Filter } from './review-filter.js';
import { useJudgements } from './use-judgements.js';

type Task = RouterOutputs['tasks']['get'];

const FIRST_LIMIT = 200;
const LIMIT = 5_000;

export function ReviewBench({ task }: { task: Task }) {
  const { t } = useI18n();
  const say = useToast();
  const [, navigate] = useLocation();
  const judgements = useJudgements(task.id);
  const [filter, setFilter] = useState<Filter>({ of: 'all' });
  const [position, setPosition] = useState(0);
  const [reopening, setReopening] = useState(false);
  const [finishing, setFinishing] = useState(false);
  const comment = useRef<HTMLInputElement>(null);

  const list = usePaged({
    queryKey: ['task-labels', task.id],
    fetchPage: (cursor, limit) => client.tasks.labels.query({ task_id: task.id, limit, cursor }),
    idOf: ({ image_id: id }) => id,
    limit: LIMIT,
    firstLimit: FIRST_LIMIT,
    whole: true,
  });

  const { made } = judgements;
  const all = useMemo(() => list.rows ?? [], [list.rows]);
  const images = useMemo(() => all.filter((image) => isOf(filter, image, made)), [all, filter, made]);
  const index = Math.max(0, Math.min(images.length - 1, position));
  const image = images[index];
  const accepted = task.review_status === 'accepted';
  const mayJudge = task.status === 'done' && (!accepted || reopening);

  const go = useCallback((to: number) => setPosition(Math.max(0, Math.min(images.length - 1, to))), [images.length]);
  const judge = (verdict: 'accepted' | 'returned') => {
    if (!image || !mayJudge) return;
    const judgement = { verdict, comment: verdict === 'returned' ? (made.get(image.image_id)?.comment ?? '') : '' };
    // What is typed next is the comment's.
    flushSync(() => judgements.judge(image.image_id, judgement));
    // Where the filter lets it go, the next stands in its place.
    const stays = isOf(filter, image, new Map(made).set(image.image_id, judgement));
    if (verdict === 'accepted' && stays) go(index + 1);
    if (verdict === 'returned' && stays) comment.current?.focus();
  };
  const goTo = (imageId: string) => {
    setFilter({ of: 'all' });
    setPosition(
      Math.max(
        0,
        all.findIndex((row) => row.image_id === imageId),
      ),
    );
  };
  const undo = () => {
    const imageId = judgements.undo();
    if (imageId === undefined) say(t('nothingToUndo'));
    else goTo(imageId);
  };

  useKeys(
    {
      ...walkingKeys(index, images.length, go),
      a: () => judge('accepted'),
      r: () => judge('returned'),
      c: () => comment.current?.focus(),
      u: undo,
    },
    !finishing,
  );

  if (list.error && !list.rows) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.rows) return <Skeleton rows={2} height={320} />;
  const frameOf = (at: number): { mark: FrameMark; words: string } => {
    const row = images[at];
    const judgement = row && made.get(row.image_id);
    const isOpen = row?.review?.verdict === 'returned' && !row.review.addressed;
    const words = row && row.labels.length > 0 ? row.labels.join(', ') : t('noLabel');
    if (!judgement) return { mark: isOpen ? 'warn' : undefined, words };
    const isGood = judgement.verdict === 'accepted';
    return { mark: isGood ? 'good' : 'bad', words: `${words}, ${t(isGood ? 'reviewAccepted' : 'reviewReturned')}` };
  };
  const judgement = image && made.get(image.image_id);
  return (
    <div className="stack">
      {task.status !== 'done' && (
        <Notice kind="info">
          <span>{t('reviewNotDone')}</span>
        </Notice>
      )}
      {accepted && !reopening && (
        <Notice kind="good">
          <span>{t('reviewIsAccepted')}</span>
          <Button size="small" icon="undo" onClick={() => setReopening(true)}>
            {t('reviewReturn')}
          </Button>
        </Notice>
      )}
      <div className="row between">
        <div className="grow stack tight" style={{ minWidth: 220 }}>
          <ProgressBar label={t('review')} value={made.size} max={all.length} good={made.size === all.length} />
          <span className="faint" aria-live="polite">
            {t('reviewSeen', { done: made.size, total: all.length })}
          </span>
        </div>
        <div className="row">
          <ReviewFilter value={filter} classes={task.classes} images={all} onChange={setFilter} />
          {mayJudge && (
            <Button kind="primary" icon="check" onClick={() => setFinishing(true)}>
              {t('reviewFinish')}
            </Button>
          )}
        </div>
      </div>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.fetchNextPage()} />}
      {image ? (
        <div className="workbench">
          <Easel images={images} index={index} total={images.length} frameOf={frameOf} onGo={go}>
            {judgement && (
              <span className={`badge easel-verdict ${judgement.verdict === 'accepted' ? 'good' : 'bad'}`}>
                {t(judgement.verdict === 'accepted' ? 'reviewAccepted' : 'reviewReturned')}
              </span>
            )}
          </Easel>
          <JudgePanel
            key={image.image_id}
            taskId={task.id}
            image={image}
            judgement={judgement}
            mayJudge={mayJudge}
            commentField={comment}
            onJudge={judge}
            onComment={(words) => judgements.comment(image.image_id, { verdict: 'returned', comment: words })}
            onUndo={undo}
            onNext={() => go(index + 1)}
            onGoTo={goTo}
          />
        </div>
      ) : (
        <div className="card">
          <EmptyState icon="check" title={t('noneOfThese')}>
            <Button onClick={() => setFilter({ of: 'all' })}>{t('goldShowAll')}</Button>
          </EmptyState>
        </div>
      )}
      {finishing && (
        <FinishReview
          task={task}
          judgements={made}
          reopen={accepted}
          onClose={() => setFinishing(false)}
          onSent={() => {
            judgements.clear();
            navigate(`/requests/${task.request_id}/labels`);
          }}
        />
      )}
    </div>
  );
}
