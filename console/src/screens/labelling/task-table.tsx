import { Link } from 'wouter';
import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ProgressBar } from '../../ui/feedback.js';
import { Table, type Column } from '../../ui/table.js';
import { TaskStatus } from '../tasks/task-status.js';
import { useTaskProgress } from '../tasks/use-task-progress.js';
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
  const { t, date } = useI18n();
  const request: Column<TaskRow> = {
    title: t('request'),
    cell: (task) => <Link href={`/requests/${task.request_id}/labels`}>{task.request_title}</Link>,
  };
  return (
    <Table
      label={label}
      rows={tasks}
      keyOf={({ id }) => id}
      columns={[
        ...(ofOneRequest ? [] : [request]),
        { title: t('labeler'), cell: (task) => task.labeler_username },
        {
          title: t('status'),
          cell: (task) => (
            <div className="row">
              <TaskStatus status={task.status} />
              <ReviewStatus status={task.review_status} />
            </div>
          ),
        },
        { title: t('progress'), cell: (task) => <TaskProgress task={task} /> },
        { title: t('created'), className: 'soft nowrap', cell: (task) => date(task.created_at) },
        { title: t('review'), untitled: true, figure: true, cell: (task) => <ToReview task={task} /> },
      ]}
    />
  );
}

function TaskProgress({ task }: { task: TaskRow }) {
  const { t } = useI18n();
  const { done, total } = useTaskProgress(task);
  return (
    <div style={{ minWidth: 128 }}>
      <ProgressBar label={t('progress')} value={done} max={total} good={done === total} />
      <span className="faint">{t('labelledOf', { done, total })}</span>
    </div>
  );
}

function ToReview({ task }: { task: TaskRow }) {
  const { t } = useI18n();
  const isToReview = task.status === 'done' && task.review_status !== 'accepted';
  const name = t(isToReview ? 'review' : 'viewTask');
  return (
    <Link
      href={`/admin/review/${task.id}`}
      className={isToReview ? 'button small primary' : 'button small'}
      aria-label={`${name}: ${task.title}, ${task.labeler_username}`}
    >
      {name}
    </Link>
  );
}
