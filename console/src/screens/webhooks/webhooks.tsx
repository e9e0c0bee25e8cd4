import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { SureButton } from '../../ui/sure-button.js';
import { useToast } from '../../ui/toasts.js';
import { usePaged } from '../../use-paged.js';
import { CreateWebhook } from './create-webhook.js';
import { eventNames, type Webhook } from './events.js';

const LIMIT = 50;

/** The addresses that are told of events. */
export default function Webhooks() {
  const { t } = useI18n();
  const [creating, setCreating] = useState(false);
  const list = usePaged({
    queryKey: ['webhooks'],
    fetchPage: (cursor, limit) => client.webhooks.list.query({ limit, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const create = (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      {t('webhookNew')}
    </Button>
  );
  return (
    <Page title={t('navWebhooks')} lead={t('webhooksLead')} actions={create}>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={3} height={92} />}
      {list.rows?.length === 0 && (
        <div className="card">
          <EmptyState icon="webhook" title={t('webhookNone')}>
            <p>{t('webhookNoneLead')}</p>
            {create}
          </EmptyState>
        </div>
      )}
      <ul className="stack">
        {list.rows?.map((webhook) => (
          <WebhookCard key={webhook.id} webhook={webhook} />
        ))}
      </ul>
      <MoreRows {...list} />
      {creating && <CreateWebhook onClose={() => setCreating(false)} />}
    </Page>
  );
}

function WebhookCard({ webhook }: { webhook: Webhook }) {
  const { t, date } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const failed = (error: unknown) => say(failureOf(error).message, { bad: true });
  const remove = useMutation({
    mutationFn: () => client.webhooks.delete.mutate({ webhook_id: webhook.id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
    onError: failed,
  });
  const test = useMutation({
    mutationFn: () => client.webhooks.test.mutate({ webhook_id: webhook.id }),
    onSuccess: () => {
      say(t('webhookTestSent'));
      void queries.invalidateQueries({ queryKey: ['deliveries', webhook.id] });
    },
    onError: failed,
  });
  return (
    <li className="card padded row between">
      <div className="grow stack tight" style={{ minWidth: 'min(260px, 100%)' }}>
        <div className="row">
          <strong className="anywhere">{webhook.url}</strong>
          <span className={webhook.active ? 'badge good' : 'badge bad'}>
            {t(webhook.active ? 'webhookOn' : 'webhookOff')}
          </span>
        </div>
        <div className="chips">
          {webhook.events.map((event) => (
            <span key={event} className="badge">
              {t(eventNames[event])}
            </span>
          ))}
          {webhook.scope === 'organization' && <span className="badge accent">{t('webhookScopeAll')}</span>}
        </div>
        <span className="faint">{date(webhook.created_at)}</span>
      </div>
      <div className="row">
        <Link
          href={`/webhooks/${webhook.id}`}
          className="button small"
          aria-label={`${t('deliveries')}: ${webhook.url}`}
        >
          {t('deliveries')}
        </Link>
        {webhook.user_id === me.id && (
          <Button
            size="small"
            busy={test.isPending}
            disabled={!webhook.active}
            aria-label={`${t('webhookSendTest')}: ${webhook.url}`}
            onClick={() => test.mutate()}
          >
            {t('webhookSendTest')}
          </Button>
        )}
        <SureButton name={webhook.url} busy={remove.isPending} onSure={() => remove.mutate()} />
      </div>
    </li>
  );
}
