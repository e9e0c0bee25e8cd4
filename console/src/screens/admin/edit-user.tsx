import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { TextField } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import { OrganizationField } from '../places/organization-field.js';
import { RoleChecks } from './role-checks.js';

export interface EditUserProps {
  user: RouterOutputs['users']['adminList'][number];
  onClose: () => void;
}

export function EditUser({ user, onClose }: EditUserProps) {
  const { t } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const [roles, setRoles] = useState(user.roles);
  const [active, setActive] = useState(user.is_active);
  const [organization, setOrganization] = useState(user.organization_id ?? '');
  const organizations = useQuery({
    queryKey: ['organizations'],
    queryFn: () => client.organizations.list.query({ limit: 1000 }),
  });
  const save = useMutation({
    mutationFn: () =>
      client.users.update.mutate({
        id: user.id,
        ...(name !== user.name && { name }),
        ...([...roles].sort().join() !== [...user.roles].sort().join() && { roles }),
        ...(active !== user.is_active && { is_active: active }),
        ...(organization !== (user.organization_id ?? '') && { organization_id: organization || null }),
      }),
    onSuccess: () => {
      say(t('saved'));
      void queries.invalidateQueries({ queryKey: ['users'] });
      void queries.invalidateQueries({ queryKey: ['me'] });
      onClose();
    },
  });
  return (
    <DialogForm
      title={t('editUser', { name: user.name })}
      action={t('save')}
      sending={save}
      fields={['name']}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label={t('name')}
            required
            errors={errors.name}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
          <p className="faint">
            {user.email} · {user.username}
          </p>
          <RoleChecks value={roles} onChange={setRoles} />
          {me.roles.includes('SUPER_ADMIN') && (organizations.data?.length ?? 0) > 0 && (
            <OrganizationField
              organizations={organizations.data ?? []}
              value={organization}
              onChange={setOrganization}
            />
          )}
          <label className="check">
            <input type="checkbox" checked={active} onChange={({ target }) => setActive(target.checked)} />
            <span>
              {t('userActive')}
              <span className="faint" style={{ display: 'block' }}>
                {t('userActiveHint')}
              </span>
            </span>
          </label>
        </>
      )}
    </DialogForm>
  );
}
