import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Page } from '../../ui/page.js';
import { usePaged } from '../../use-paged.js';
import { TaskStatus } from '../tasks/task-status.js';
import '../requests/requests.css';
import { AssignRequest } from './assign-request.js';
import { ReviewTask } from './review-task.js';

type TaskRow = RouterOutputs['tasks']['adminList'][number];
const LIMIT = 30;

export default function Work() {
  const { t } = useI18n();
  const [assigning, setAssigning] = useState(false);
  const [reviewing, setReviewing] = useState<TaskRow>();
  const list = usePaged({
    queryKey: ['assignments'],
    fetchPage: (cursor) => client.tasks.adminList.query({ limit: LIMIT, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const assign = (
    <Button kind="primary" icon="plus" onClick={() => setAssigning(true)}>
      {t('assignTitle')}
    </Button>
  );
  return (
    <Page title={t('navAssignments')} lead={t('assignmentsLead')} actions={assign}>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={5} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 ? (
            <EmptyState icon="tasks" title={t('noAssignments')}>
              <p>{t('noAssignmentsLead')}</p>
              {assign}
            </EmptyState>
          ) : (
            <TableWrap label={t('navAssignments')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('request')}</th>
                    <th scope="col">{t('labeler')}</th>
                    <th scope="col">{t('status')}</th>
                    <th scope="col">{t('progress')}</th>
                    <th scope="col">{t('created')}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((task) => (
                    <Row key={task.id} task={task} onReview={() => setReviewing(task)} />
                  ))}
                </tbody>
              </table>
            </TableWrap>
          )}
          <MoreRows {...list} />
        </div>
      )}
      {assigning && <AssignRequest onClose={() => setAssigning(false)} />}
      {reviewing && <ReviewTask task={reviewing} onClose={() => setReviewing(undefined)} />}
    </Page>
  );
}

function Row({ task, onReview }: { task: TaskRow; onReview: () => void }) {
  const { t, date } = useI18n();
  const progress = useQuery({
    queryKey: ['task-progress', task.id],
    queryFn: () => client.tasks.progress.query({ task_id: task.id }),
  });
  const done = progress.data?.labeled_images ?? 0;
  const total = progress.data?.total_images ?? task.images_count;
  return (
    <tr>
      <td>
        <Link href={`/requests/${task.request_id}`}>{task.request_title}</Link>
      </td>
      <td>{task.labeler_username}</td>
      <td>
        <div className="row">
          <TaskStatus status={task.status} />
          {task.review_status === 'accepted' && <span className="badge good">{t('reviewAccepted')}</span>}
          {task.review_status === 'returned' && <span className="badge warn">{t('reviewReturned')}</span>}
          {task.status === 'done' && task.review_status !== 'accepted' && (
            <Button size="small" aria-label={t('reviewTitle', { title: task.title })} onClick={onReview}>
              {t('review')}
            </Button>
          )}
        </div>
      </td>
      <td style={{ minWidth: 160 }}>
        <ProgressBar label={t('progress')} value={done} max={total} good={done === total} />
        <span className="faint">{t('labelledOf', { done, total })}</span>
      </td>
      <td className="soft">{date(task.created_at)}</td>
    </tr>
  );
}
