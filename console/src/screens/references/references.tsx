import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { SureButton } from '../../ui/sure-button.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { useToast } from '../../ui/toasts.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { ImportList } from './import-list.js';

const LIMIT = 100;

/** The pictures known to the world, by hash and address. */
export default function References() {
  const { t, date, number } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [q, setQ] = useState('');
  const [importing, setImporting] = useState(false);
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['references', sought],
    fetchPage: (cursor, limit) => client.references.list.query({ limit, cursor, ...(sought && { q: sought }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.references.delete.mutate({ reference_id: id }),
    onError: (error) => say(failureOf(error).message, { bad: true }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['references'] }),
  });
  const load = (
    <Button kind="primary" icon="upload" onClick={() => setImporting(true)}>
      {t('referencesImport')}
    </Button>
  );
  return (
    <Page title={t('navReferences')} lead={t('referencesLead')} actions={load}>
      <input
        className="input"
        type="search"
        style={{ width: 'min(340px, 100%)' }}
        aria-label={t('referencesSearch')}
        placeholder={t('referencesSearch')}
        value={q}
        onChange={({ target }) => setQ(target.value)}
      />
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={5} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 && (
            <EmptyState icon={sought ? 'search' : 'reference'} title={t(sought ? 'nothingFound' : 'referencesNone')}>
              <p>{t(sought ? 'nothingFoundLead' : 'referencesNoneLead')}</p>
              {!sought && load}
            </EmptyState>
          )}
          {list.rows.length > 0 && (
            <TableWrap label={t('navReferences')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('ipAddress')}</th>
                    <th scope="col">{t('referenceKind')}</th>
                    <th scope="col" className="figure">
                      {t('referenceQuality')}
                    </th>
                    <th scope="col">{t('created')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('remove')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((reference) => (
                    <tr key={reference.id}>
                      <td className="anywhere">
                        {reference.source_url}
                        <div className="faint mono truncate" style={{ maxWidth: 320 }}>
                          {reference.pdq}
                        </div>
                      </td>
                      <td>
                        <span className={reference.has_picture ? 'badge good' : 'badge'}>
                          {t(reference.has_picture ? 'referencePicture' : 'referenceHash')}
                        </span>
                      </td>
                      <td className="figure">{number(reference.quality)}</td>
                      <td className="soft nowrap">{date(reference.created_at)}</td>
                      <td className="figure">
                        <SureButton
                          name={reference.source_url}
                          busy={remove.isPending && remove.variables === reference.id}
                          onSure={() => remove.mutate(reference.id)}
                        />
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
      {importing && <ImportList onClose={() => setImporting(false)} />}
    </Page>
  );
}
