import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, failureOf, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Notice, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { SureButton } from '../../ui/sure-button.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { useToast } from '../../ui/toasts.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { EditCamera } from './edit-camera.js';

export type Camera = RouterOutputs['cameras']['list'][number];
const LIMIT = 50;
const MOST_ORGANIZATIONS = 1000;

export default function Cameras() {
  const { t } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
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
  const remove = useMutation({
    mutationFn: (id: string) => client.cameras.delete.mutate({ id }),
    onError: (error) => say(failureOf(error).message, { bad: true }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['cameras'] }),
  });
  const homeless = organizations.data?.length === 0;
  const create = (
    <Button kind="primary" icon="plus" disabled={homeless} onClick={() => setEditing('new')}>
      {t('cameraNew')}
    </Button>
  );
  const organizationOf = (camera: Camera) => organizations.data?.find(({ id }) => id === camera.organization_id)?.name;
  return (
    <Page title={t('navCameras')} lead={t('camerasLead')} actions={create}>
      {homeless && (
        <Notice kind="info">
          <span>{t('cameraNeedsOrganization')}</span>
          {me.roles.includes('SUPER_ADMIN') && <Link href="/admin/organizations">{t('navOrganizations')}</Link>}
        </Notice>
      )}
      <input
        className="input"
        type="search"
        style={{ width: 'min(340px, 100%)' }}
        aria-label={t('camerasSearch')}
        placeholder={t('camerasSearch')}
        value={q}
        onChange={({ target }) => setQ(target.value)}
      />
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={4} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 && (
            <EmptyState icon={sought ? 'search' : 'camera'} title={t(sought ? 'nothingFound' : 'cameraNone')}>
              <p>{t(sought ? 'nothingFoundLead' : 'cameraNoneLead')}</p>
            </EmptyState>
          )}
          {list.rows.length > 0 && (
            <TableWrap label={t('navCameras')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('name')}</th>
                    <th scope="col">{t('cameraStream')}</th>
                    <th scope="col">{t('organization')}</th>
                    <th scope="col">{t('status')}</th>
                    <th scope="col">
                      <span className="visually-hidden">{t('edit')}</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((camera) => (
                    <tr key={camera.id}>
                      <td>
                        {camera.name}
                        <div className="faint">{camera.location}</div>
                      </td>
                      <td className="anywhere">
                        {camera.stream_url}{' '}
                        {camera.has_credentials && <span className="badge">{t('cameraCredentials')}</span>}
                      </td>
                      <td>{organizationOf(camera)}</td>
                      <td>
                        <span className={camera.active ? 'badge good' : 'badge'}>
                          {t(camera.active ? 'active' : 'inactive')}
                        </span>
                      </td>
                      <td>
                        <div className="row end">
                          <Button
                            size="small"
                            aria-label={`${t('edit')}: ${camera.name}`}
                            onClick={() => setEditing(camera)}
                          >
                            {t('edit')}
                          </Button>
                          <SureButton
                            name={camera.name}
                            busy={remove.isPending && remove.variables === camera.id}
                            onSure={() => remove.mutate(camera.id)}
                          />
                        </div>
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
