import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TextArea } from '../../ui/field.js';
import { Picture } from '../../ui/picture.js';

export interface ReviewTaskProps {
  task: RouterOutputs['tasks']['adminList'][number];
  onClose: () => void;
}

/** Enough to judge by; a task may hold a hundred thousand. */
const LOOKED_AT = 200;

/** The labels of a task that was handed in, to accept them or to send them back with a word. */
export function ReviewTask({ task, onClose }: ReviewTaskProps) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [comment, setComment] = useState('');
  const labels = useQuery({
    queryKey: ['task-labels', task.id],
    queryFn: () => client.tasks.labels.query({ task_id: task.id, limit: LOOKED_AT }),
  });
  const review = useMutation({
    mutationFn: (verdict: 'accepted' | 'returned') =>
      client.tasks.review.mutate({ task_id: task.id, verdict, ...(comment && { comment }) }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['assignments'] });
      onClose();
    },
  });
  return (
    <Dialog broad title={t('reviewTitle', { title: task.title })} onClose={onClose}>
      {labels.error && <ErrorNote error={labels.error} onRetry={() => void labels.refetch()} />}
      {labels.isPending && <Skeleton rows={3} height={120} />}
      <ul className="review-grid">
        {labels.data?.map((row) => (
          <li key={row.image_id} className="cell">
            <Picture src={row.preview_url} alt={row.filename} />
            <div className="cell-caption">
              <span className="truncate">{row.filename}</span>
              <span className="chips">
                {row.labels.map((name) => (
                  <span key={name} className="badge accent">
                    {name}
                  </span>
                ))}
                {row.labels.length === 0 && <span className="badge">–</span>}
              </span>
            </div>
          </li>
        ))}
      </ul>
      <TextArea label={t('reviewComment')} value={comment} onChange={({ target }) => setComment(target.value)} />
      {review.error && <ErrorNote error={review.error} />}
      <div className="dialog-foot">
        <Button icon="undo" busy={review.isPending} onClick={() => review.mutate('returned')}>
          {t('reviewReturn')}
        </Button>
        <Button kind="primary" icon="check" busy={review.isPending} onClick={() => review.mutate('accepted')}>
          {t('reviewAccept')}
        </Button>
      </div>
    </Dialog>
  );
}
