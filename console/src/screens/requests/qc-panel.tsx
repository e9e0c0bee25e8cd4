import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, type QcStatus, type RouterInputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { administers, useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Notice, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { SelectField } from '../../ui/field.js';
import { isUnderWay, useQcStatus } from './use-qc-status.js';

type Scope = NonNullable<RouterInputs['qc']['run']['scope']>;

const statusNames = {
  not_started: ['', 'qcNotStarted'],
  queued: ['accent', 'qcQueued'],
  running: ['accent', 'qcRunning'],
  completed: ['good', 'qcCompleted'],
  failed: ['bad', 'qcFailed'],
  cancelled: ['warn', 'qcCancelled'],
} as const satisfies Record<QcStatus['status'], readonly [string, string]>;

export function QcPanel({ requestId, mayRun }: { requestId: string; mayRun: boolean }) {
  const { t } = useI18n();
  const me = useMe();
  const queries = useQueryClient();
  const status = useQcStatus(requestId);
  const [scope, setScope] = useState<Scope>('customer');
  const refresh = () => queries.invalidateQueries({ queryKey: ['qc-status', requestId] });
  const run = useMutation({
    mutationFn: () => client.qc.run.mutate({ request_id: requestId, scope }),
    onSettled: refresh,
  });
  const cancel = useMutation({
    mutationFn: () => client.qc.cancel.mutate({ request_id: requestId }),
    onSettled: refresh,
  });
  const data = status.data;
  const [kind, name] = statusNames[data?.status ?? 'not_started'];
  const underWay = isUnderWay(data?.status);
  const stopping = data?.cancel_requested === true;
  return (
    <section className="card padded stack" aria-labelledby="qc-title">
      <div className="row between">
        <h2 id="qc-title">{t('qcTitle')}</h2>
        {data && <span className={`badge ${kind}`}>{t(name)}</span>}
      </div>
      {status.error && <ErrorNote error={status.error} onRetry={() => void status.refetch()} />}
      {!data && !status.error && <Skeleton rows={2} height={32} />}
      {data?.status === 'not_started' && <p className="soft">{t('qcLead')}</p>}
      {data && data.status !== 'not_started' && <Progress status={data} />}
      {typeof data?.error === 'string' && <Notice kind="bad">{data.error}</Notice>}
      {data && data.status !== 'not_started' && !underWay && data.images_unchecked > 0 && (
        <Notice kind="info">{t('qcUnchecked', { count: data.images_unchecked })}</Notice>
      )}
      {data && data.errors.length > 0 && <Undecodable status={data} />}
      {(run.error ?? cancel.error) && <ErrorNote error={run.error ?? cancel.error} />}
      {mayRun && data && !underWay && (
        <>
          <SelectField label={t('qcScope')} value={scope} onChange={({ target }) => setScope(target.value as Scope)}>
            <option value="request">{t('qcScopeRequest')}</option>
            <option value="customer">{t('qcScopeCustomer')}</option>
            {administers(me) && <option value="everyone">{t('qcScopeEveryone')}</option>}
          </SelectField>
          <Button kind="primary" icon="play" busy={run.isPending} onClick={() => run.mutate()}>
            {t(data.status === 'not_started' ? 'qcRun' : 'qcRunAgain')}
          </Button>
        </>
      )}
      {mayRun && underWay && (
        <Button icon="stop" busy={cancel.isPending} disabled={stopping} onClick={() => cancel.mutate()}>
          {t(stopping ? 'qcCancelling' : 'qcCancel')}
        </Button>
      )}
      {data && data.images_done > 0 && (
        <Link className="button" href={`/requests/${requestId}/results`}>
          {t('seeResults')}
        </Link>
      )}
    </section>
  );
}

function Progress({ status }: { status: QcStatus }) {
  const { t, number } = useI18n();
  const { images_done: done, images_total: total, images_per_second: rate, seconds_left: left } = status;
  return (
    <div className="stack tight">
      <ProgressBar label={t('qcTitle')} value={done} max={total} good={status.status === 'completed'} />
      <div className="row between" aria-live="polite">
        <span>{t('qcDone', { done, total })}</span>
        <span className="faint">
          {rate !== null &&
            isUnderWay(status.status) &&
            t('qcRate', { rate: number(rate, { maximumFractionDigits: 1 }) })}
          {left !== null && ` · ${t('qcLeft', { count: left })}`}
        </span>
      </div>
    </div>
  );
}

function Undecodable({ status }: { status: QcStatus }) {
  const { t } = useI18n();
  return (
    <details>
      <summary>{t('qcUndecodable', { count: status.images_failed })}</summary>
      <ul className="stack tight" style={{ marginTop: 8 }}>
        {status.errors.map(({ image_id: id, filename, message }) => (
          <li key={id}>
            <div className="truncate">{filename}</div>
            <div className="field-error">{message}</div>
          </li>
        ))}
      </ul>
    </details>
  );
}
