import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';

type Status = RouterOutputs['tasks']['adminList'][number]['review_status'];

const marks = {
  pending: ['accent', 'reviewPending'],
  accepted: ['good', 'reviewAccepted'],
  returned: ['warn', 'reviewReturned'],
} as const satisfies Record<NonNullable<Status>, readonly [string, string]>;

export const reviewStatuses = Object.keys(marks) as (keyof typeof marks)[];
export const reviewStatusNames = marks;

export function ReviewStatus({ status }: { status: Status }) {
  const { t } = useI18n();
  if (status === null) return null;
  const [kind, name] = marks[status];
  return <span className={`badge ${kind}`}>{t(name)}</span>;
}
