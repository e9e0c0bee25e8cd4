import type { ReactNode } from 'react';
import { failureOf } from '../api.js';
import { useI18n } from '../i18n/i18n.js';
import type { PlainKey } from '../i18n/messages.js';
import { Button } from './button.js';
import { Icon, type IconName } from './icon.js';

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <div className="empty-icon">
        <Icon name={icon} />
      </div>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Of a list that a search or a filter leaves nothing of. */
export function NothingFound() {
  const { t } = useI18n();
  return (
    <EmptyState icon="search" title={t('nothingFound')}>
      <p>{t('nothingFoundLead')}</p>
    </EmptyState>
  );
}

export interface SkeletonProps {
  rows?: number;
  height?: number;
}

/** Grey blocks where rows are about to be. */
export function Skeleton({ rows = 4, height = 56 }: SkeletonProps) {
  const { t } = useI18n();
  return (
    <div className="stack tight" role="status">
      <span className="visually-hidden">{t('loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}

const advice: Partial<Record<string, PlainKey>> = {
  offline: 'adviceOffline',
  too_many: 'adviceTooMany',
  unavailable: 'adviceUnavailable',
  unauthenticated: 'adviceSignIn',
  forbidden: 'adviceForbidden',
  not_found: 'adviceNotFound',
  internal: 'adviceInternal',
};

/** What went wrong, in the service's words, and what to do about it. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useI18n();
  const { code, message, requestId } = failureOf(error);
  const todo = advice[code];
  return (
    <div className="notice bad" role="alert">
      <Icon name="warning" />
      <div className="notice-body">
        <strong>{code === 'offline' ? t('serviceNotReached') : message}</strong>
        {todo && <span>{t(todo)}</span>}
        {code === 'internal' && requestId !== undefined && <code>{requestId}</code>}
        {onRetry && (
          <Button size="small" icon="retry" onClick={onRetry}>
            {t('tryAgain')}
          </Button>
        )}
      </div>
    </div>
  );
}

export function Notice({ kind, children }: { kind: 'info' | 'good' | 'bad'; children: ReactNode }) {
  const icon = kind === 'good' ? 'check' : kind === 'bad' ? 'warning' : 'info';
  return (
    <div className={`notice ${kind}`}>
      <Icon name={icon} />
      <div className="notice-body">{children}</div>
    </div>
  );
}

export interface ProgressBarProps {
  label: string;
  value: number;
  max: number;
  good?: boolean;
}

export function ProgressBar({ label, value, max, good = false }: ProgressBarProps) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div
      className={good ? 'bar good' : 'bar'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={value}
    >
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}
