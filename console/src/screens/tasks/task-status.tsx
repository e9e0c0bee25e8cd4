import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';

type Status = RouterOutputs['tasks']['list'][number]['status'];

const marks = {
  assigned: ['accent', 'taskAssigned'],
  in_progress: ['warn', 'taskInProgress'],
  done: ['good', 'taskDone'],
} as const satisfies Record<Status, readonly [string, string]>;

export const taskStatuses = Object.keys(marks) as Status[];
export const taskStatusNames = marks;

export function TaskStatus({ status }: { status: Status }) {
  const { t } = useI18n();
  const [kind, name] = marks[status];
  return <span className={`badge ${kind}`}>{t(name)}</span>;
}
