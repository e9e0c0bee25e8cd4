import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Page } from '../../ui/page.js';
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
        <input
          className="input"
          type="search"
          style={{ width: 'min(340px, 100%)' }}
          aria-label={t('searchUsers')}
          placeholder={t('searchUsers')}
          value={q}
          onChange={({ target }) => setQ(target.value)}
        />
        <select
          className="select"
          style={{ width: 'auto' }}
          aria-label={t('roles')}
          value={role}
          onChange={({ target }) => setRole(target.value as Role | '')}
        >
          <option value="">{t('anyRole')}</option>
          {roles.map((value) => (
            <option key={value} value={value}>
              {t(roleNames[value][0])}
            </option>
          ))}
        </select>
      </div>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={6} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 ? (
            <EmptyState icon="users" title={t('nothingFound')}>
              <p>{t('nothingFoundLead')}</p>
            </EmptyState>
          ) : (
            <TableWrap label={t('navUsers')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('name')}</th>
                    <th scope="col">{t('roles')}</th>
                    <th scope="col">{t('status')}</th>
                    <th scope="col">{t('lastActive')}</th>
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((user) => (
                    <tr key={user.id}>
                      <td>
                        <Button kind="plain" size="small" className="link-button" onClick={() => setEditing(user)}>
                          {user.name}
                        </Button>
                        <div className="faint">{user.email}</div>
                      </td>
                      <td>
                        <div className="chips">
                          {user.roles.length === 0 && <span className="faint">{t('noRole')}</span>}
                          {user.roles.map((code) => (
                            <span key={code} className={code.includes('ADMIN') ? 'badge accent' : 'badge'}>
                              {t(roleNames[code][0])}
                            </span>
                          ))}
                        </div>
                      </td>
                      <td>
                        <span className={user.is_active ? 'badge good' : 'badge bad'}>
                          {t(user.is_active ? 'active' : 'inactive')}
                        </span>
                      </td>
                      <td className="soft">{user.last_active === null ? t('never') : ago(user.last_active)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableWrap>
          )}
          <MoreRows {...list} />
        </div>
      )}
      {editing && <EditUser user={editing} onClose={() => setEditing(undefined)} />}
      {creating && <CreateUser onClose={() => setCreating(false)} />}
    </Page>
  );
}
