import { useState, type RefObject } from 'react';
import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { SaidOf } from '../tasks/said-of.js';
import { ReviewHistory } from './review-history.js';
import type { Judgement } from './use-judgements.js';

export interface JudgePanelProps {
  taskId: string;
  image: RouterOutputs['tasks']['labels'][number];
  judgement: Judgement | undefined;
  mayJudge: boolean;
  commentField: RefObject<HTMLInputElement | null>;
  onJudge: (verdict: Judgement['verdict']) => void;
  onComment: (words: string) => void;
  onUndo: () => void;
  onNext: () => void;
  onGoTo: (imageId: string) => void;
}

/** The labels of one picture, what was said of it, and what the reviewer says now. */
export function JudgePanel(props: JudgePanelProps) {
  const { taskId, image, judgement, mayJudge, commentField, onJudge, onComment, onUndo, onNext, onGoTo } = props;
  const { t } = useI18n();
  const [history, setHistory] = useState(false);
  const returned = judgement?.verdict === 'returned';
  return (
    <div className="card padded stack">
      <div className="review-labels">
        {image.labels.map((name) => (
          <span key={name} className="badge accent">
            {name}
          </span>
        ))}
        {image.labels.length === 0 && <span className="badge">{t('noLabel')}</span>}
      </div>
      {image.review && <SaidOf review={image.review} addressed={image.review.addressed} />}
      {mayJudge && (
        <>
          <div className="verdicts">
            <Button icon="check" aria-pressed={judgement?.verdict === 'accepted'} onClick={() => onJudge('accepted')}>
              {t('reviewAccept')} <kbd>A</kbd>
            </Button>
            <Button icon="undo" aria-pressed={returned} onClick={() => onJudge('returned')}>
              {t('reviewReturn')} <kbd>R</kbd>
            </Button>
          </div>
          {returned && (
            <input
              ref={commentField}
              className="input"
              aria-label={t('reviewImageComment')}
              placeholder={t('reviewImageComment')}
              maxLength={5000}
              value={judgement.comment}
              onChange={({ target }) => onComment(target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' && event.key !== 'Escape') return;
                event.preventDefault();
                event.currentTarget.blur();
                if (event.key === 'Enter') onNext();
              }}
            />
          )}
          <div className="row between">
            <Button size="small" kind="plain" icon="undo" onClick={onUndo}>
              {t('undo')} <kbd>U</kbd>
            </Button>
          </div>
          <p className="faint keys-hint">{t('reviewHelp')}</p>
          <p className="faint">{t('reviewUnsent')}</p>
        </>
      )}
      <details onToggle={({ currentTarget }) => setHistory(currentTarget.open)}>
        <summary>{t('reviewHistory')}</summary>
        <div className="stack" style={{ marginTop: 12 }}>
          {history && <ReviewHistory taskId={taskId} onGo={onGoTo} />}
        </div>
      </details>
    </div>
  );
}
