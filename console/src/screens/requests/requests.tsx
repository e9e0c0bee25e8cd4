import { useState } from 'react';
import { Link } from 'wouter';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ordersData, useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, NothingFound } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { SearchField } from '../../ui/search-field.js';
import { SelectFilter } from '../../ui/select-filter.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { CreateRequest } from './create-request.js';
import { RequestStatus, requestStatuses, useRequestStatusName } from './request-status.js';

const LIMIT = 50;

export default function Requests() {
  const { t, date } = useI18n();
  const me = useMe();
  const statusName = useRequestStatusName();
  const [creating, setCreating] = useState(false);
  const [q, setQ] = useState('');
  const [status, setStatus] = useState<Request['status'] | ''>('');
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['requests', { sought, status }],
    fetchPage: (cursor) =>
      client.requests.list.query({ limit: LIMIT, cursor, ...(sought && { q: sought }), ...(status && { status }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const mayCreate = ordersData(me);
  const create = mayCreate && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      {t('newRequest')}
    </Button>
  );
  return (
    <Page title={t('navRequests')} lead={t('requestsLead')} actions={create}>
      <div className="row">
        <SearchField label={t('search')} placeholder={t('searchRequests')} value={q} onChange={setQ} />
        <SelectFilter
          label={t('status')}
          any={t('anyStatus')}
          options={requestStatuses.map((value) => [value, statusName(value)] as const)}
          value={status}
          onChange={setStatus}
        />
      </div>
      <PagedTable
        label={t('navRequests')}
        list={list}
        empty={
          sought !== '' || status !== '' ? (
            <NothingFound />
          ) : (
            <EmptyState icon="requests" title={t('noRequests')}>
              <p>{t(mayCreate ? 'noRequestsLead' : 'noRequestsLeadOthers')}</p>
              {create}
            </EmptyState>
          )
        }
        columns={[
          {
            title: t('title'),
            cell: ({ id, title, description }) => (
              <div style={{ minWidth: 188 }}>
                <Link href={`/requests/${id}`} style={{ fontWeight: 580 }}>
                  {title}
                </Link>
                {description && (
                  <div className="faint truncate" style={{ maxWidth: 420 }}>
                    {description}
                  </div>
                )}
              </div>
            ),
          },
          { title: t('status'), cell: (request) => <RequestStatus status={request.status} /> },
          {
            title: t('classes'),
            cell: ({ classes }) => (
              <div className="chips" style={{ minWidth: 160 }}>
                {classes.slice(0, 4).map((name) => (
                  <span key={name} className="badge">
                    {name}
                  </span>
                ))}
                {classes.length > 4 && <span className="faint">+{classes.length - 4}</span>}
              </div>
            ),
          },
          { title: t('created'), className: 'soft nowrap', cell: (request) => date(request.created_at) },
        ]}
      />
      {creating && <CreateRequest onClose={() => setCreating(false)} />}
    </Page>
  );
}
