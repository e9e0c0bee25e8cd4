import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { NothingFound } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { SearchField } from '../../ui/search-field.js';
import { SelectFilter } from '../../ui/select-filter.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { CreateUser } from './create-user.js';
import { EditUser } from './edit-user.js';
import { roleNames, roles, type Role } from './role-names.js';

type User = RouterOutputs['users']['adminList'][number];
const LIMIT = 50;

export default function Users() {
  const { t, ago } = useI18n();
  const [q, setQ] = useState('');
  const [role, setRole] = useState<Role | ''>('');
  const [editing, setEditing] = useState<User>();
  const [creating, setCreating] = useState(false);
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['users', { sought, role }],
    fetchPage: (cursor) =>
      client.users.adminList.query({ limit: LIMIT, cursor, ...(sought && { q: sought }), ...(role && { role }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  return (
    <Page
      title={t('navUsers')}
      lead={t('usersLead')}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
          {t('newUser')}
        </Button>
      }
    >
      <div className="row">
        <SearchField label={t('searchUsers')} value={q} onChange={setQ} />
        <SelectFilter
          label={t('roles')}
          any={t('anyRole')}
          options={roles.map((value) => [value, t(roleNames[value][0])] as const)}
          value={role}
          onChange={setRole}
        />
      </div>
      <PagedTable
        label={t('navUsers')}
        list={list}
        empty={<NothingFound />}
        columns={[
          {
            title: t('name'),
            cell: (user) => (
              <>
                <Button kind="plain" size="small" className="link-button" onClick={() => setEditing(user)}>
                  {user.name}
                </Button>
                <div className="faint">{user.email}</div>
              </>
            ),
          },
          {
            title: t('roles'),
            cell: (user) => (
              <div className="chips">
                {user.roles.length === 0 && <span className="faint">{t('noRole')}</span>}
                {user.roles.map((code) => (
                  <span key={code} className={code.includes('ADMIN') ? 'badge accent' : 'badge'}>
                    {t(roleNames[code][0])}
                  </span>
                ))}
              </div>
            ),
          },
          {
            title: t('status'),
            cell: (user) => (
              <span className={user.is_active ? 'badge good' : 'badge bad'}>
                {t(user.is_active ? 'active' : 'inactive')}
              </span>
            ),
          },
          {
            title: t('lastActive'),
            className: 'soft',
            cell: (user) => (user.last_active === null ? t('never') : ago(user.last_active)),
          },
        ]}
      />
      {editing && <EditUser user={editing} onClose={() => setEditing(undefined)} />}
      {creating && <CreateUser onClose={() => setCreating(false)} />}
    </Page>
  );
}
