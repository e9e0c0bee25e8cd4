import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, NothingFound } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { PagedList } from '../../ui/paged-list.js';
import { SelectFilter } from '../../ui/select-filter.js';
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
  const assign = (
    <Button kind="primary" icon="plus" onClick={() => setAssigning(true)}>
      {t('assignTitle')}
    </Button>
  );
  return (
    <Page title={t('navAssignments')} lead={t('assignmentsLead')} actions={assign}>
      <div className="row">
        <SelectFilter
          label={t('status')}
          any={t('anyStatus')}
          options={taskStatuses.map((value) => [value, t(taskStatusNames[value][1])] as const)}
          value={status}
          onChange={setStatus}
        />
        <SelectFilter
          label={t('review')}
          any={t('reviewAny')}
          options={reviewStatuses.map((value) => [value, t(reviewStatusNames[value][1])] as const)}
          value={review}
          onChange={setReview}
        />
      </div>
      <PagedList
        list={list}
        empty={
          status !== '' || review !== '' ? (
            <NothingFound />
          ) : (
            <EmptyState icon="tasks" title={t('noAssignments')}>
              <p>{t('noAssignmentsLead')}</p>
              {assign}
            </EmptyState>
          )
        }
      >
        {(tasks) => (
          <div className="card">
            <TaskTable label={t('navAssignments')} tasks={tasks} />
            <MoreRows {...list} />
          </div>
        )}
      </PagedList>
      {assigning && <AssignRequest onClose={() => setAssigning(false)} />}
    </Page>
  );
}
