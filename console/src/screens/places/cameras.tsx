import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, NothingFound, Notice } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { SearchField } from '../../ui/search-field.js';
import { SureButton } from '../../ui/sure-button.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { useRemoval } from '../../use-removal.js';
import { EditCamera } from './edit-camera.js';

export type Camera = RouterOutputs['cameras']['list'][number];
const LIMIT = 50;
const MOST_ORGANIZATIONS = 1000;

export default function Cameras() {
  const { t } = useI18n();
  const me = useMe();
  const [q, setQ] = useState('');
  const [editing, setEditing] = useState<Camera | 'new'>();
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['cameras', sought],
    fetchPage: (cursor, limit) => client.cameras.list.query({ limit, cursor, ...(sought && { q: sought }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const organizations = useQuery({
    queryKey: ['organizations'],
    queryFn: () => client.organizations.list.query({ limit: MOST_ORGANIZATIONS }),
  });
  const removal = useRemoval('cameras', (id) => client.cameras.delete.mutate({ id }));
  const homeless = organizations.data?.length === 0;
  const create = (
    <Button kind="primary" icon="plus" disabled={homeless} onClick={() => setEditing('new')}>
      {t('cameraNew')}
    </Button>
  );
  return (
    <Page title={t('navCameras')} lead={t('camerasLead')} actions={create}>
      {organizations.error && <ErrorNote error={organizations.error} onRetry={() => void organizations.refetch()} />}
      {homeless && (
        <Notice kind="info">
          <span>{t('cameraNeedsOrganization')}</span>
          {me.roles.includes('SUPER_ADMIN') && <Link href="/admin/organizations">{t('navOrganizations')}</Link>}
        </Notice>
      )}
      <SearchField label={t('camerasSearch')} value={q} onChange={setQ} />
      <PagedTable
        label={t('navCameras')}
        list={list}
        empty={
          sought ? (
            <NothingFound />
          ) : (
            <EmptyState icon="camera" title={t('cameraNone')}>
              <p>{t('cameraNoneLead')}</p>
            </EmptyState>
          )
        }
        columns={[
          {
            title: t('name'),
            cell: ({ name, location }) => (
              <>
                {name}
                <div className="faint">{location}</div>
              </>
            ),
          },
          {
            title: t('cameraStream'),
            className: 'anywhere',
            cell: (camera) => (
              <>
                {camera.stream_url} {camera.has_credentials && <span className="badge">{t('cameraCredentials')}</span>}
              </>
            ),
          },
          {
            title: t('organization'),
            cell: (camera) => organizations.data?.find(({ id }) => id === camera.organization_id)?.name,
          },
          {
            title: t('status'),
            cell: ({ active }) => (
              <span className={active ? 'badge good' : 'badge'}>{t(active ? 'active' : 'inactive')}</span>
            ),
          },
          {
            title: t('edit'),
            untitled: true,
            cell: (camera) => (
              <div className="row end">
                <Button size="small" aria-label={`${t('edit')}: ${camera.name}`} onClick={() => setEditing(camera)}>
                  {t('edit')}
                </Button>
                <SureButton name={camera.name} {...removal(camera.id)} />
              </div>
            ),
          },
        ]}
      />
      {editing && (
        <EditCamera
          camera={editing === 'new' ? undefined : editing}
          organizations={organizations.data ?? []}
          onClose={() => setEditing(undefined)}
        />
      )}
    </Page>
  );
}
