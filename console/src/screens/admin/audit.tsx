import { useState } from 'react';
import { client, type RouterInputs, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState } from '../../ui/feedback.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
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
      <PagedTable
        label={t('navAudit')}
        list={list}
        empty={
          <EmptyState icon="audit" title={t('auditNone')}>
            <p>{t('nothingFoundLead')}</p>
          </EmptyState>
        }
        columns={[
          { title: t('auditWhen'), className: 'soft nowrap', cell: (entry) => moment(entry.created_at) },
          {
            title: t('auditActor'),
            cell: (entry) => (
              <>
                {entry.actor_name ?? <span className="faint">{t('auditNobody')}</span>}
                {entry.actor_email !== null && <div className="faint">{entry.actor_email}</div>}
              </>
            ),
          },
          { title: t('auditAction'), className: 'mono', cell: (entry) => entry.action },
          {
            title: t('auditTarget'),
            cell: (entry) => entry.target_name ?? <span className="mono faint">{entry.target_id.slice(0, 18)}</span>,
          },
          { title: t('ipAddress'), className: 'mono', cell: ({ ip }) => ip ?? '–' },
          {
            title: t('auditDetails'),
            cell: ({ details }) =>
              Object.keys(details).length === 0 ? (
                '–'
              ) : (
                <details>
                  <summary>{t('show')}</summary>
                  <pre className="details">{JSON.stringify(details, null, 1)}</pre>
                </details>
              ),
          },
        ]}
      />
    </Page>
  );
}
