import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';

export type Review = NonNullable<RouterOutputs['tasks']['get']['review']>;

export interface SaidOfProps {
  review: Review;
  /** Whether what it asks for was done, as far as is known here. */
  addressed: boolean;
}

/** What a reviewer said of a picture or of a task, and whether it was seen to. */
export function SaidOf({ review, addressed }: SaidOfProps) {
  const { t, moment } = useI18n();
  const returned = review.verdict === 'returned';
  return (
    <div className={returned && !addressed ? 'said-of returned' : 'said-of'}>
      <div className="row">
        <span className={`badge ${returned ? (addressed ? '' : 'warn') : 'good'}`}>
          {t(returned ? 'reviewReturned' : 'reviewAccepted')}
        </span>
        {returned && addressed && <span className="badge good">{t('reviewAddressed')}</span>}
      </div>
      {review.comment !== '' && <p className="said-words">{review.comment}</p>}
      <span className="faint">
        {t('reviewBy', { name: review.reviewer_username, date: moment(review.created_at) })}
      </span>
    </div>
  );
}
