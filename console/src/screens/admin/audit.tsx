import { useState } from 'react';
import { client, type RouterInputs, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { SelectField, TextField } from '../../ui/field.js';
import { MoreRows } from '../../ui/more-rows.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Page } from '../../ui/page.js';
import { usePaged } from '../../use-paged.js';
import { auditActions } from './audit-actions.js';

type Entry = RouterOutputs['audit']['list'][number];
type Action = NonNullable<Exclude<RouterInputs['audit']['list']['action'], ''>>;
const LIMIT = 50;

export default function Audit() {
  const { t, moment } = useI18n();
  const [action, setAction] = useState<Action | ''>('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const list = usePaged<Entry>({
    queryKey: ['audit', { action, from, to }],
    fetchPage: (cursor) => client.audit.list.query({ limit: LIMIT, cursor, action, from, to }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  return (
    <Page title={t('navAudit')} lead={t('auditLead')}>
      <div className="filters">
        <SelectField
          label={t('auditAction')}
          value={action}
          onChange={({ target }) => setAction(target.value as Action | '')}
        >
          <option value="">{t('auditAnyAction')}</option>
          {auditActions.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <TextField label={t('auditFrom')} type="date" value={from} onChange={({ target }) => setFrom(target.value)} />
        <TextField label={t('auditTo')} type="date" value={to} onChange={({ target }) => setTo(target.value)} />
      </div>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={8} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 ? (
            <EmptyState icon="audit" title={t('auditNone')}>
              <p>{t('nothingFoundLead')}</p>
            </EmptyState>
          ) : (
            <TableWrap label={t('navAudit')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('auditWhen')}</th>
                    <th scope="col">{t('auditActor')}</th>
                    <th scope="col">{t('auditAction')}</th>
                    <th scope="col">{t('auditTarget')}</th>
                    <th scope="col">{t('ipAddress')}</th>
                    <th scope="col">{t('auditDetails')}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((entry) => (
                    <tr key={entry.id}>
                      <td className="soft" style={{ whiteSpace: 'nowrap' }}>
                        {moment(entry.created_at)}
                      </td>
                      <td>
                        {entry.actor_name ?? <span className="faint">{t('auditNobody')}</span>}
                        {entry.actor_email !== null && <div className="faint">{entry.actor_email}</div>}
                      </td>
                      <td className="mono">{entry.action}</td>
                      <td>{entry.target_name ?? <span className="mono faint">{entry.target_id.slice(0, 18)}</span>}</td>
                      <td className="mono">{entry.ip ?? '–'}</td>
                      <td>
                        {Object.keys(entry.details).length === 0 ? (
                          '–'
                        ) : (
                          <details>
                            <summary>{t('show')}</summary>
                            <pre className="details">{JSON.stringify(entry.details, null, 1)}</pre>
                          </details>
                        )}
                      </td>
                    </tr>
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
