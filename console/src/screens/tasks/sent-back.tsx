import { useI18n } from '../../i18n/i18n.js';
import { Icon } from '../../ui/icon.js';
import type { Review } from './said-of.js';

/** Why a task is back, and how many of its pictures are still to be looked at again. */
export function SentBack({ review, left }: { review: Review; left: number }) {
  const { t, moment } = useI18n();
  return (
    <div className="notice warn">
      <Icon name="undo" />
      <div className="notice-body">
        <strong>{t('sentBackTask')}</strong>
        {review.comment !== '' && <span className="said-words">{review.comment}</span>}
        <span aria-live="polite">{left > 0 ? t('sentBackFirst', { count: left }) : t('sentBackNone')}</span>
        <span className="soft">
          {t('reviewBy', { name: review.reviewer_username, date: moment(review.created_at) })}
        </span>
      </div>
    </div>
  );
}
