import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, NothingFound } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { SearchField } from '../../ui/search-field.js';
import { SureButton } from '../../ui/sure-button.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { useRemoval } from '../../use-removal.js';
import { ImportList } from './import-list.js';

const LIMIT = 100;

/** The pictures known to the world, by hash and address. */
export default function References() {
  const { t, date, number } = useI18n();
  const [q, setQ] = useState('');
  const [importing, setImporting] = useState(false);
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['references', sought],
    fetchPage: (cursor, limit) => client.references.list.query({ limit, cursor, ...(sought && { q: sought }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const removal = useRemoval('references', (id) => client.references.delete.mutate({ reference_id: id }));
  const load = (
    <Button kind="primary" icon="upload" onClick={() => setImporting(true)}>
      {t('referencesImport')}
    </Button>
  );
  return (
    <Page title={t('navReferences')} lead={t('referencesLead')} actions={load}>
      <SearchField label={t('referencesSearch')} value={q} onChange={setQ} />
      <PagedTable
        label={t('navReferences')}
        list={list}
        empty={
          sought ? (
            <NothingFound />
          ) : (
            <EmptyState icon="reference" title={t('referencesNone')}>
              <p>{t('referencesNoneLead')}</p>
              {load}
            </EmptyState>
          )
        }
        columns={[
          {
            title: t('ipAddress'),
            className: 'anywhere',
            cell: (reference) => (
              <>
                {reference.source_url}
                <div className="faint mono truncate" style={{ maxWidth: 320 }}>
                  {reference.pdq}
                </div>
              </>
            ),
          },
          {
            title: t('referenceKind'),
            cell: (reference) => (
              <span className={reference.has_picture ? 'badge good' : 'badge'}>
                {t(reference.has_picture ? 'referencePicture' : 'referenceHash')}
              </span>
            ),
          },
          { title: t('referenceQuality'), figure: true, cell: ({ quality }) => number(quality) },
          { title: t('created'), className: 'soft nowrap', cell: (reference) => date(reference.created_at) },
          {
            title: t('remove'),
            untitled: true,
            figure: true,
            cell: (reference) => <SureButton name={reference.source_url} {...removal(reference.id)} />,
          },
        ]}
      />
      {importing && <ImportList onClose={() => setImporting(false)} />}
    </Page>
  );
}
