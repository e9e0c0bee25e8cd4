import { useI18n } from '../../i18n/i18n.js';
import { MoreRows } from '../../ui/more-rows.js';
import { TaskTable } from './task-table.js';
import { useRequestTasks } from './use-request-tasks.js';

export function RequestTasks({ requestId }: { requestId: string }) {
  const { t } = useI18n();
  const list = useRequestTasks(requestId);
  // What went wrong, and that there is nothing yet, is said where tasks are made.
  if (!list.rows || list.rows.length === 0) return null;
  return (
    <section className="stack tight" aria-labelledby="request-tasks">
      <h2 id="request-tasks">{t('tasksOfRequest')}</h2>
      <div className="card">
        <TaskTable label={t('tasksOfRequest')} tasks={list.rows} ofOneRequest />
        <MoreRows {...list} />
      </div>
    </section>
  );
}
