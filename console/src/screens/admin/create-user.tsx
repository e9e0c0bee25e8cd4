import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { TextField } from '../../ui/field.js';
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
  const fields = create.error ? failureOf(create.error).fields : {};
  const named = Object.keys(fields).some((field) => ['name', 'email', 'password'].includes(field));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title={t('newUser')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {create.error && !named && <ErrorNote error={create.error} />}
        <TextField
          label={t('name')}
          required
          autoFocus
          errors={fields.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <TextField
          label={t('email')}
          type="email"
          required
          autoComplete="off"
          errors={fields.email}
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        <TextField
          label={t('password')}
          type="password"
          required
          minLength={8}
          autoComplete="new-password"
          hint={t('passwordHint')}
          errors={fields.password}
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
        <RoleChecks value={roles} onChange={setRoles} />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={create.isPending}>
            {t('createUser')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
