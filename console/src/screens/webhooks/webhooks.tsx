import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { PagedList } from '../../ui/paged-list.js';
import { SureButton } from '../../ui/sure-button.js';
import { usePaged } from '../../use-paged.js';
import { useRemoval } from '../../use-removal.js';
import { CreateWebhook } from './create-webhook.js';
import { eventNames, type Webhook } from './events.js';
import { useWebhookTest } from './use-webhook-test.js';

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
      <PagedList
        list={list}
        skeleton={{ rows: 3, height: 92 }}
        empty={
          <EmptyState icon="webhook" title={t('webhookNone')}>
            <p>{t('webhookNoneLead')}</p>
            {create}
          </EmptyState>
        }
      >
        {(webhooks) => (
          <>
            <ul className="stack">
              {webhooks.map((webhook) => (
                <WebhookCard key={webhook.id} webhook={webhook} />
              ))}
            </ul>
            <MoreRows {...list} />
          </>
        )}
      </PagedList>
      {creating && <CreateWebhook onClose={() => setCreating(false)} />}
    </Page>
  );
}

function WebhookCard({ webhook }: { webhook: Webhook }) {
  const { t, date } = useI18n();
  const me = useMe();
  const removal = useRemoval('webhooks', (id) => client.webhooks.delete.mutate({ webhook_id: id }));
  const test = useWebhookTest(webhook.id);
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
        <SureButton name={webhook.url} {...removal(webhook.id)} />
      </div>
    </li>
  );
}
