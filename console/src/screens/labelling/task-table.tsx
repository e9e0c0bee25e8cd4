import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ProgressBar } from '../../ui/feedback.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { TaskStatus } from '../tasks/task-status.js';
import { ReviewStatus } from './review-status.js';

type TaskRow = RouterOutputs['tasks']['adminList'][number];

export interface TaskTableProps {
  label: string;
  tasks: readonly TaskRow[];
  /** Which need not be said then. */
  ofOneRequest?: boolean;
}

/** Tasks with who has them, how far each is, and the way to its review. */
export function TaskTable({ label, tasks, ofOneRequest = false }: TaskTableProps) {
  const { t } = useI18n();
  return (
    <TableWrap label={label}>
      <table className="table">
        <thead>
          <tr>
            {!ofOneRequest && <th scope="col">{t('request')}</th>}
            <th scope="col">{t('labeler')}</th>
            <th scope="col">{t('status')}</th>
            <th scope="col">{t('progress')}</th>
            <th scope="col">{t('created')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('review')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <Row key={task.id} task={task} ofOneRequest={ofOneRequest} />
          ))}
        </tbody>
      </table>
    </TableWrap>
  );
}

function Row({ task, ofOneRequest }: { task: TaskRow; ofOneRequest: boolean }) {
  const { t, date } = useI18n();
  const progress = useQuery({
    queryKey: ['task-progress', task.id],
    queryFn: () => client.tasks.progress.query({ task_id: task.id }),
  });
  const done = progress.data?.labeled_images ?? 0;
  const total = progress.data?.total_images ?? task.images_count;
  const isToReview = task.status === 'done' && task.review_status !== 'accepted';
  return (
    <tr>
      {!ofOneRequest && (
        <td>
          <Link href={`/requests/${task.request_id}/labels`}>{task.request_title}</Link>
        </td>
      )}
      <td>{task.labeler_username}</td>
      <td>
        <div className="row">
          <TaskStatus status={task.status} />
          <ReviewStatus status={task.review_status} />
        </div>
      </td>
      <td style={{ minWidth: 160 }}>
        <ProgressBar label={t('progress')} value={done} max={total} good={done === total} />
        <span className="faint">{t('labelledOf', { done, total })}</span>
      </td>
      <td className="soft nowrap">{date(task.created_at)}</td>
      <td className="figure">
        <Link
          href={`/admin/review/${task.id}`}
          className={isToReview ? 'button small primary' : 'button small'}
          aria-label={`${t(isToReview ? 'review' : 'viewTask')}: ${task.title}, ${task.labeler_username}`}
        >
          {t(isToReview ? 'review' : 'viewTask')}
        </Link>
      </td>
    </tr>
  );
}
