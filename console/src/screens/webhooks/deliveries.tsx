import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { usePaged } from '../../use-paged.js';
import { useWebhookTest } from './use-webhook-test.js';
import { eventNames, type Delivery } from './events.js';

const LIMIT = 50;
const MOST_WEBHOOKS = 1000;
const POLL_MS = 3_000;

const marks = {
  pending: ['accent', 'deliveryPending'],
  delivered: ['good', 'deliveryDelivered'],
  failed: ['bad', 'deliveryFailed'],
  dropped: ['', 'deliveryDropped'],
} as const satisfies Record<Delivery['status'], readonly [string, string]>;

/** What was sent to one webhook, and what came of it. */
export default function Deliveries() {
  const { id } = useParams<{ id: string }>();
  const { t, moment, ago, number } = useI18n();
  const me = useMe();
  const webhook = useQuery({
    queryKey: ['webhooks', 'all'],
    queryFn: () => client.webhooks.list.query({ limit: MOST_WEBHOOKS }),
    select: (rows) => rows.find((row) => row.id === id),
  });
  const list = usePaged({
    queryKey: ['deliveries', id],
    fetchPage: (cursor, limit) => client.webhooks.deliveries.query({ webhook_id: id, limit, cursor }),
    idOf: (delivery) => delivery.id,
    limit: LIMIT,
    refetchInterval: POLL_MS,
  });
  const test = useWebhookTest(id);
  const mine = webhook.data?.user_id === me.id;
  return (
    <Page
      title={t('deliveries')}
      lead={<span className="anywhere">{webhook.data?.url ?? '\u00a0'}</span>}
      back={{ href: '/webhooks', label: t('navWebhooks') }}
      actions={
        mine && (
          <Button busy={test.isPending} disabled={!webhook.data?.active} onClick={() => test.mutate()}>
            {t('webhookSendTest')}
          </Button>
        )
      }
    >
      <p className="soft">{t('deliveriesLead')}</p>
      <PagedTable
        label={t('deliveries')}
        list={list}
        empty={
          <EmptyState icon="webhook" title={t('deliveriesNone')}>
            <p>{t('deliveriesNoneLead')}</p>
          </EmptyState>
        }
        columns={[
          { title: t('auditWhen'), className: 'soft nowrap', cell: (delivery) => moment(delivery.created_at) },
          { title: t('webhookEvent'), cell: ({ event }) => t(eventNames[event]) },
          {
            title: t('status'),
            cell: ({ status, attempts, next_attempt_at: next }) => (
              <>
                <span className={`badge ${marks[status][0]}`}>{t(marks[status][1])}</span>
                {next !== null && attempts > 0 && <div className="faint">{t('deliveryNext', { when: ago(next) })}</div>}
              </>
            ),
          },
          { title: t('deliveryAttempts'), figure: true, cell: ({ attempts }) => number(attempts) },
          {
            title: t('deliveryAnswer'),
            cell: ({ response_status: answer, error }) => (
              <>
                {answer ?? (error === null ? '–' : '')}
                {error !== null && <div className="field-error">{error}</div>}
              </>
            ),
          },
          {
            title: t('deliveryBody'),
            cell: ({ payload }) =>
              payload === null ? (
                <span className="faint">{t('deliveryBodyHidden')}</span>
              ) : (
                <details>
                  <summary>{t('show')}</summary>
                  <pre className="details">{payload}</pre>
                </details>
              ),
          },
        ]}
      />
    </Page>
  );
}
