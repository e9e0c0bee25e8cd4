import { useSyncExternalStore } from 'react';
import { useI18n } from '../i18n/i18n.js';
import { Notice } from './feedback.js';

function subscribe(listener: () => void): () => void {
  for (const name of ['online', 'offline']) window.addEventListener(name, listener);
  return () => {
    for (const name of ['online', 'offline']) window.removeEventListener(name, listener);
  };
}

/** While the browser has no connection, what is asked for waits, and says nothing of itself. */
export function OfflineNote() {
  const { t } = useI18n();
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  return <div role="status">{!online && <Notice kind="bad">{t('offline')}</Notice>}</div>;
}
