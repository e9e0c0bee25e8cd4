import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { client, failureOf, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TextField } from '../../ui/field.js';
import { MoreRows } from '../../ui/more-rows.js';
import { Page } from '../../ui/page.js';
import { SureButton } from '../../ui/sure-button.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { useToast } from '../../ui/toasts.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';

type Organization = RouterOutputs['organizations']['list'][number];
const LIMIT = 50;

export default function Organizations() {
  const { t, date } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const mayChange = me.roles.includes('SUPER_ADMIN');
  const [q, setQ] = useState('');
  const [naming, setNaming] = useState<Organization | 'new'>();
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['organizations', 'pages', sought],
    fetchPage: (cursor, limit) => client.organizations.list.query({ limit, cursor, ...(sought && { q: sought }) }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.organizations.delete.mutate({ id }),
    onError: (error) => say(failureOf(error).message, { bad: true }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['organizations'] }),
  });
  const create = mayChange && (
    <Button kind="primary" icon="plus" onClick={() => setNaming('new')}>
      {t('organizationNew')}
    </Button>
  );
  return (
    <Page title={t('navOrganizations')} lead={t('organizationsLead')} actions={create}>
      <input
        className="input"
        type="search"
        style={{ width: 'min(340px, 100%)' }}
        aria-label={t('organizationsSearch')}
        placeholder={t('organizationsSearch')}
        value={q}
        onChange={({ target }) => setQ(target.value)}
      />
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.rows && !list.error && <Skeleton rows={4} />}
      {list.rows && (
        <div className="card">
          {list.rows.length === 0 && (
            <EmptyState
              icon={sought ? 'search' : 'organization'}
              title={t(sought ? 'nothingFound' : 'organizationNoneYet')}
            >
              <p>{t(sought ? 'nothingFoundLead' : 'organizationNoneLead')}</p>
              {!sought && create}
            </EmptyState>
          )}
          {list.rows.length > 0 && (
            <TableWrap label={t('navOrganizations')}>
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t('name')}</th>
                    <th scope="col">{t('created')}</th>
                    {mayChange && (
                      <th scope="col">
                        <span className="visually-hidden">{t('edit')}</span>
                      </th>
                    )}
                  </tr>
                </thead>
                <tbody>
                  {list.rows.map((organization) => (
                    <tr key={organization.id}>
                      <td className="anywhere">{organization.name}</td>
                      <td className="soft nowrap">{date(organization.created_at)}</td>
                      {mayChange && (
                        <td>
                          <div className="row end">
                            <Button
                              size="small"
                              aria-label={`${t('edit')}: ${organization.name}`}
                              onClick={() => setNaming(organization)}
                            >
                              {t('edit')}
                            </Button>
                            <SureButton
                              name={organization.name}
                              busy={remove.isPending && remove.variables === organization.id}
                              onSure={() => remove.mutate(organization.id)}
                            />
                          </div>
                        </td>
                      )}
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableWrap>
          )}
          <MoreRows {...list} />
        </div>
      )}
      {naming && (
        <NameOrganization organization={naming === 'new' ? undefined : naming} onClose={() => setNaming(undefined)} />
      )}
    </Page>
  );
}

/** Names a new organization, or one that is there anew. */
function NameOrganization({ organization, onClose }: { organization: Organization | undefined; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(organization?.name ?? '');
  const save = useMutation({
    mutationFn: () =>
      organization
        ? client.organizations.update.mutate({ id: organization.id, name })
        : client.organizations.create.mutate({ name }),
    onSuccess: () => {
      say(t('saved'));
      void queries.invalidateQueries({ queryKey: ['organizations'] });
      onClose();
    },
  });
  const fields = save.error ? failureOf(save.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={organization?.name ?? t('organizationNew')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {save.error && !fields.name && <ErrorNote error={save.error} />}
        <TextField
          label={t('name')}
          required
          autoFocus
          maxLength={200}
          errors={fields.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={save.isPending}>
            {t(organization ? 'save' : 'organizationCreate')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
