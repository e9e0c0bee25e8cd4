import { useState } from 'react';
import { Link } from 'wouter';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ordersData, useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Page } from '../../ui/page.js';
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
  const filtered = sought !== '' || status !== '';
  const create = mayCreate && (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      {t('newRequest')}
    </Button>
  );
  return (
    <Page title={t('navRequests')} lead={t('requestsLead')} actions={create}>
      <div className="row">
        <input
          className="input"
          type="search"
          style={{ width: 'min(340px, 100%)' }}
          aria-label={t('search')}
          placeholder={t('searchRequests')}
          value={q}
          onChange={({ target }) => setQ(target.value)}
        />
        <select
          className="select"
          style={{ width: 'auto' }}
          aria-label={t('status')}
          value={status}
          onChange={({ target }) => setStatus(target.value as Request['status'] | '')}
        >
          <option value="">{t('anyStatus')}</option>
          {requestStatuses.map((value) => (
            <option key={value} value={value}>
              {statusName(value)}
            </option>
          ))}
        </select>
      </div>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={5} height={64} />}
      {list.rows?.length === 0 && (
        <div className="card">
          {filtered ? (
            <EmptyState icon="search" title={t('nothingFound')}>
              <p>{t('nothingFoundLead')}</p>
            </EmptyState>
          ) : (
            <EmptyState icon="requests" title={t('noRequests')}>
              <p>{t(mayCreate ? 'noRequestsLead' : 'noRequestsLeadOthers')}</p>
              {create}
            </EmptyState>
          )}
        </div>
      )}
      {list.rows && list.rows.length > 0 && (
        <div className="card">
          <TableWrap label={t('navRequests')}>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t('title')}</th>
                  <th scope="col">{t('status')}</th>
                  <th scope="col">{t('classes')}</th>
                  <th scope="col">{t('created')}</th>
                </tr>
              </thead>
              <tbody>
                {list.rows.map((request) => (
                  <tr key={request.id}>
                    <td style={{ minWidth: 220 }}>
                      <Link href={`/requests/${request.id}`} style={{ fontWeight: 580 }}>
                        {request.title}
                      </Link>
                      {request.description && (
                        <div className="faint truncate" style={{ maxWidth: 420 }}>
                          {request.description}
                        </div>
                      )}
                    </td>
                    <td>
                      <RequestStatus status={request.status} />
                    </td>
                    <td>
                      <div className="chips">
                        {request.classes.slice(0, 4).map((name) => (
                          <span key={name} className="badge">
                            {name}
                          </span>
                        ))}
                        {request.classes.length > 4 && <span className="faint">+{request.classes.length - 4}</span>}
                      </div>
                    </td>
                    <td className="soft" style={{ whiteSpace: 'nowrap' }}>
                      {date(request.created_at)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableWrap>
          <MoreRows {...list} />
        </div>
      )}
      {creating && <CreateRequest onClose={() => setCreating(false)} />}
    </Page>
  );
}
