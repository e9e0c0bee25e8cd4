import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { TextField } from '../../ui/field.js';
import { NewPasswordField } from '../../ui/new-password-field.js';
import { useToast } from '../../ui/toasts.js';
import { RoleChecks } from './role-checks.js';
import type { Role } from './role-names.js';

export function CreateUser({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [roles, setRoles] = useState<Role[]>([]);
  /** Of the user who was made, where giving him his roles then failed: pressing again gives him those, and makes no second. */
  const [madeId, setMadeId] = useState<string>();
  const create = useMutation({
    mutationFn: async () => {
      const id = madeId ?? (await client.users.create.mutate({ name, email, password })).id;
      setMadeId(id);
      if (roles.length > 0) await client.users.update.mutate({ id, roles });
    },
    onSuccess: () => {
      say(t('saved'));
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  });
  return (
    <DialogForm
      title={t('newUser')}
      action={t('createUser')}
      sending={create}
      fields={['name', 'email', 'password']}
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
          <TextField
            label={t('email')}
            type="email"
            required
            autoComplete="off"
            errors={errors.email}
            value={email}
            onChange={({ target }) => setEmail(target.value)}
          />
          <NewPasswordField label={t('password')} errors={errors.password} value={password} onChange={setPassword} />
          <RoleChecks value={roles} onChange={setRoles} />
        </>
      )}
    </DialogForm>
  );
}
