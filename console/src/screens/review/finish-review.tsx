import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { TextArea } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import { sendReview } from './send-review.js';
import type { Judgements } from './use-judgements.js';

export interface FinishReviewProps {
  task: { id: string; request_id: string };
  judgements: Judgements;
  /** It was accepted before, and can only go back. */
  reopen: boolean;
  onSent: () => void;
  onClose: () => void;
}

/** The last word on a task: accept it, or send it back with what was said of its pictures. */
export function FinishReview({ task, judgements, reopen, onSent, onClose }: FinishReviewProps) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [comment, setComment] = useState('');
  const returned = [...judgements.values()].filter(({ verdict }) => verdict === 'returned').length;
  const send = useMutation({
    mutationFn: (verdict: 'accepted' | 'returned') =>
      sendReview(task.id, judgements, { verdict, comment: comment.trim(), reopen }),
    onSuccess: () => {
      say(t('reviewSent'));
      for (const key of ['assignments', 'tasks']) void queries.invalidateQueries({ queryKey: [key] });
      for (const key of ['task', 'task-labels', 'task-reviews']) {
        void queries.invalidateQueries({ queryKey: [key, task.id] });
      }
      void queries.invalidateQueries({ queryKey: ['request', task.request_id] });
      onSent();
    },
  });
  const sending = send.isPending ? send.variables : undefined;
  return (
    <Dialog title={t('reviewFinish')} onClose={onClose}>
      <p>
        {returned === 0 ? t('reviewNoneBack') : t('reviewSendsBack', { count: returned })}{' '}
        {returned > 0 && t('reviewMustReturn')}
      </p>
      <TextArea
        label={t('reviewComment')}
        hint={returned === 0 ? t('reviewCommentHint') : undefined}
        maxLength={5000}
        value={comment}
        onChange={({ target }) => setComment(target.value)}
      />
      {send.error && <ErrorNote error={send.error} />}
      <div className="dialog-foot">
        <Button
          icon="undo"
          kind={returned > 0 ? 'primary' : undefined}
          busy={sending === 'returned'}
          disabled={send.isPending || (returned === 0 && comment.trim() === '')}
          onClick={() => send.mutate('returned')}
        >
          {t('reviewReturnTask')}
        </Button>
        {!reopen && returned === 0 && (
          <Button
            kind="primary"
            icon="check"
            busy={sending === 'accepted'}
            disabled={send.isPending}
            onClick={() => send.mutate('accepted')}
          >
            {t('reviewAcceptTask')}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
