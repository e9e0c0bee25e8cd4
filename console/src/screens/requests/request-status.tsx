import type { Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';

const kinds = { new: '', in_qc: 'accent', ready: 'good', in_progress: 'warn', completed: 'good' } as const;
const names = {
  new: 'statusNew',
  in_qc: 'statusInQc',
  ready: 'statusReady',
  in_progress: 'statusInProgress',
  completed: 'statusCompleted',
} as const;

export const requestStatuses = Object.keys(names) as Request['status'][];

export function useRequestStatusName() {
  const { t } = useI18n();
  return (status: Request['status']) => t(names[status]);
}

export function RequestStatus({ status }: { status: Request['status'] }) {
  const nameOf = useRequestStatusName();
  return <span className={`badge ${kinds[status]}`}>{nameOf(status)}</span>;
}
