import { Link } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ProgressBar } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { PagedList } from '../../ui/paged-list.js';
import { usePaged } from '../../use-paged.js';
import { ReviewStatus } from '../labelling/review-status.js';
import { TaskStatus } from './task-status.js';
import { useTaskProgress } from './use-task-progress.js';

type TaskRow = RouterOutputs['tasks']['list'][number];
const LIMIT = 30;

export default function Tasks() {
  const { t } = useI18n();
  const list = usePaged({
    queryKey: ['tasks'],
    fetchPage: (cursor) => client.tasks.list.query({ limit: LIMIT, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  return (
    <Page title={t('navTasks')} lead={t('tasksLead')}>
      <PagedList
        list={list}
        skeleton={{ height: 92 }}
        empty={
          <EmptyState icon="tasks" title={t('noTasks')}>
            <p>{t('noTasksLead')}</p>
          </EmptyState>
        }
      >
        {(tasks) => (
          <>
            <ul className="stack">
              {tasks.map((task) => (
                <TaskCard key={task.id} task={task} />
              ))}
            </ul>
            <MoreRows {...list} />
          </>
        )}
      </PagedList>
    </Page>
  );
}

function TaskCard({ task }: { task: TaskRow }) {
  const { t, date } = useI18n();
  const { done, total } = useTaskProgress(task);
  const action = actionOf(task, done);
  return (
    <li className="card padded row between">
      <div className="stack tight grow">
        <div className="row">
          <h2>{task.title}</h2>
          <TaskStatus status={task.status} />
          <ReviewStatus status={task.review_status} />
        </div>
        <ProgressBar label={task.title} value={done} max={total} good={done === total} />
        <span className="faint">
          {t('labelledOf', { done, total })} · {date(task.created_at)}
        </span>
      </div>
      <Link
        href={`/tasks/${task.id}`}
        className={task.status === 'done' ? 'button' : 'button primary'}
        aria-label={`${t(action)}: ${task.title}`}
      >
        {t(action)}
      </Link>
    </li>
  );
}

function actionOf({ status, review_status: review }: TaskRow, done: number) {
  if (status === 'done') return 'viewTask';
  if (review === 'returned') return 'lookAgain';
  return done > 0 ? 'continueLabelling' : 'startLabelling';
}
