import '../tasks/annotate.css';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { ReviewStatus } from '../labelling/review-status.js';
import { TaskStatus } from '../tasks/task-status.js';
import { ReviewBench } from './review-bench.js';

const LIMIT = 1000;

/** The labels of a task, picture by picture, to be accepted or sent back. */
export default function Review() {
  const { id } = useParams<{ id: string }>();
  const { t } = useI18n();
  const task = useQuery({
    queryKey: ['task', id],
    queryFn: () => client.tasks.get.query({ task_id: id, limit: 1 }),
  });
  const requestId = task.data?.request_id;
  const labeler = useQuery({
    queryKey: ['assignments', { requestId }, 'labeler', id],
    queryFn: async () => {
      const tasks = await client.tasks.adminList.query({ request_id: requestId, limit: LIMIT });
      return tasks.find((row) => row.id === id)?.labeler_username ?? null;
    },
    enabled: requestId !== undefined,
  });
  const back = requestId
    ? { href: `/requests/${requestId}/labels`, label: task.data?.title ?? t('tabLabels') }
    : { href: '/admin/work', label: t('navAssignments') };
  if (task.error) {
    return (
      <Page title={t('review')} back={back}>
        <ErrorNote error={task.error} onRetry={() => void task.refetch()} />
      </Page>
    );
  }
  if (!task.data) return <Skeleton rows={2} height={320} />;
  return (
    <Page
      title={t('reviewTitle', { title: task.data.title })}
      lead={labeler.data ? t('reviewLead', { name: labeler.data }) : '\u00a0'}
      back={back}
      badge={
        <>
          <TaskStatus status={task.data.status} />
          <ReviewStatus status={task.data.review_status} />
        </>
      }
    >
      <ReviewBench key={id} task={task.data} />
    </Page>
  );
}
