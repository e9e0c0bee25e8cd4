import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { useToast } from '../../ui/toasts.js';
import { usePaged } from '../../use-paged.js';
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
  const { t } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
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
  const test = useMutation({
    mutationFn: () => client.webhooks.test.mutate({ webhook_id: id }),
    onSuccess: () => say(t('webhookTestSent')),
    onError: (error) => say(failureOf(error).message, { bad: true }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries', id] }),
  });
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
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={4} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 ? (
            <EmptyState icon="webhook" title={t('deliveriesNone')}>
              <p>{t('deliveriesNoneLead')}</p>
            </EmptyState>
          ) : (
            <TableWrap label={t('deliveries')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('auditWhen')}</th>
                    <th scope="col">{t('webhookEvents')}</th>
                    <th scope="col">{t('status')}</th>
                    <th scope="col" className="figure">
                      {t('deliveryAttempts')}
                    </th>
                    <th scope="col">{t('deliveryAnswer')}</th>
                    <th scope="col">{t('deliveryBody')}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((delivery) => (
                    <Row key={delivery.id} delivery={delivery} />
                  ))}
                </tbody>
              </table>
            </TableWrap>
          )}
          <MoreRows {...list} />
        </div>
      )}
    </Page>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  const { t, moment, ago, number } = useI18n();
  const [kind, name] = marks[delivery.status];
  return (
    <tr>
      <td className="soft nowrap">{moment(delivery.created_at)}</td>
      <td>{t(eventNames[delivery.event])}</td>
      <td>
        <span className={`badge ${kind}`}>{t(name)}</span>
        {delivery.next_attempt_at !== null && delivery.attempts > 0 && (
          <div className="faint">{t('deliveryNext', { when: ago(delivery.next_attempt_at) })}</div>
        )}
      </td>
      <td className="figure">{number(delivery.attempts)}</td>
      <td>
        {delivery.response_status ?? (delivery.error === null ? '–' : '')}
        {delivery.error !== null && <div className="field-error">{delivery.error}</div>}
      </td>
      <td>
        {delivery.payload === null ? (
          <span className="faint">{t('deliveryBodyHidden')}</span>
        ) : (
          <details>
            <summary>{t('show')}</summary>
            <pre className="details">{delivery.payload}</pre>
          </details>
        )}
      </td>
    </tr>
  );
}
