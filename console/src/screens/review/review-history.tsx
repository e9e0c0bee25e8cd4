import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { usePaged } from '../../use-paged.js';

const LIMIT = 20;

/** All that reviewers have said of a task and of its pictures, newest first. */
export function ReviewHistory({ taskId, onGo }: { taskId: string; onGo: (imageId: string) => void }) {
  const { t, moment } = useI18n();
  const list = usePaged({
    queryKey: ['task-reviews', taskId],
    fetchPage: (cursor, limit) => client.tasks.reviews.query({ task_id: taskId, limit, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  if (list.error) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.rows) return <Skeleton rows={2} height={40} />;
  if (list.rows.length === 0) return <p className="soft">{t('reviewHistoryNone')}</p>;
  return (
    <>
      <ul className="stack">
        {list.rows.map((row) => (
          <li key={row.id} className="stack" style={{ gap: 2 }}>
            <div className="row">
              {row.image_id === null ? (
                <strong>{t('reviewOfTask')}</strong>
              ) : (
                <button type="button" className="button plain link-button" onClick={() => onGo(row.image_id ?? '')}>
                  {t('reviewOfPicture')}
                </button>
              )}
              <span className={`badge ${row.verdict === 'returned' ? 'warn' : 'good'}`}>
                {t(row.verdict === 'returned' ? 'reviewReturned' : 'reviewAccepted')}
              </span>
              {row.labels?.map((name) => (
                <span key={name} className="badge">
                  {name}
                </span>
              ))}
            </div>
            {row.comment !== '' && <p className="soft">{row.comment}</p>}
            <span className="faint">
              {t('reviewBy', { name: row.reviewer_username, date: moment(row.created_at) })}
            </span>
          </li>
        ))}
      </ul>
      <MoreRows {...list} />
    </>
  );
}
