import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { usePaged } from '../../use-paged.js';
import { reviewStatuses, reviewStatusNames } from '../labelling/review-status.js';
import { TaskTable } from '../labelling/task-table.js';
import { taskStatuses, taskStatusNames } from '../tasks/task-status.js';
import { AssignRequest } from './assign-request.js';

type Status = (typeof taskStatuses)[number];
type Review = (typeof reviewStatuses)[number];
const LIMIT = 30;

export default function Work() {
  const { t } = useI18n();
  const [assigning, setAssigning] = useState(false);
  const [status, setStatus] = useState<Status | ''>('');
  const [review, setReview] = useState<Review | ''>('');
  const list = usePaged({
    queryKey: ['assignments', { status, review }],
    fetchPage: (cursor, limit) =>
      client.tasks.adminList.query({
        limit,
        cursor,
        ...(status && { status }),
        ...(review && { review_status: review }),
      }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const filtered = status !== '' || review !== '';
  const assign = (
    <Button kind="primary" icon="plus" onClick={() => setAssigning(true)}>
      {t('assignTitle')}
    </Button>
  );
  return (
    <Page title={t('navAssignments')} lead={t('assignmentsLead')} actions={assign}>
      <div className="row">
        <select
          className="select"
          style={{ width: 'auto' }}
          aria-label={t('status')}
          value={status}
          onChange={({ target }) => setStatus(target.value as Status | '')}
        >
          <option value="">{t('anyStatus')}</option>
          {taskStatuses.map((value) => (
            <option key={value} value={value}>
              {t(taskStatusNames[value][1])}
            </option>
          ))}
        </select>
        <select
          className="select"
          style={{ width: 'auto' }}
          aria-label={t('review')}
          value={review}
          onChange={({ target }) => setReview(target.value as Review | '')}
        >
          <option value="">{t('reviewAny')}</option>
          {reviewStatuses.map((value) => (
            <option key={value} value={value}>
              {t(reviewStatusNames[value][1])}
            </option>
          ))}
        </select>
      </div>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={5} />}
      {list.rows && (
        <div className="card">
          {list.rows.length > 0 && <TaskTable label={t('navAssignments')} tasks={list.rows} />}
          {list.rows.length === 0 && filtered && (
            <EmptyState icon="search" title={t('nothingFound')}>
              <p>{t('nothingFoundLead')}</p>
            </EmptyState>
          )}
          {list.rows.length === 0 && !filtered && (
            <EmptyState icon="tasks" title={t('noAssignments')}>
              <p>{t('noAssignmentsLead')}</p>
              {assign}
            </EmptyState>
          )}
          <MoreRows {...list} />
        </div>
      )}
      {assigning && <AssignRequest onClose={() => setAssigning(false)} />}
    </Page>
  );
}
