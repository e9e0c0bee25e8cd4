import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { EmptyState, NothingFound } from '../../ui/feedback.js';
import { TextField } from '../../ui/field.js';
import { Page } from '../../ui/page.js';
import { PagedTable } from '../../ui/paged-table.js';
import { SearchField } from '../../ui/search-field.js';
import { SureButton } from '../../ui/sure-button.js';
import type { Column } from '../../ui/table.js';
import { useToast } from '../../ui/toasts.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { useRemoval } from '../../use-removal.js';

type Organization = RouterOutputs['organizations']['list'][number];
const LIMIT = 50;

export default function Organizations() {
  const { t, date } = useI18n();
  const me = useMe();
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
  const removal = useRemoval('organizations', (id) => client.organizations.delete.mutate({ id }));
  const create = mayChange && (
    <Button kind="primary" icon="plus" onClick={() => setNaming('new')}>
      {t('organizationNew')}
    </Button>
  );
  const change: Column<Organization> = {
    title: t('edit'),
    untitled: true,
    cell: (organization) => (
      <div className="row end">
        <Button size="small" aria-label={`${t('edit')}: ${organization.name}`} onClick={() => setNaming(organization)}>
          {t('edit')}
        </Button>
        <SureButton name={organization.name} {...removal(organization.id)} />
      </div>
    ),
  };
  return (
    <Page title={t('navOrganizations')} lead={t('organizationsLead')} actions={create}>
      <SearchField label={t('organizationsSearch')} value={q} onChange={setQ} />
      <PagedTable
        label={t('navOrganizations')}
        list={list}
        empty={
          sought ? (
            <NothingFound />
          ) : (
            <EmptyState icon="organization" title={t('organizationNoneYet')}>
              <p>{t('organizationNoneLead')}</p>
              {create}
            </EmptyState>
          )
        }
        columns={[
          { title: t('name'), className: 'anywhere', cell: ({ name }) => name },
          { title: t('created'), className: 'soft nowrap', cell: (organization) => date(organization.created_at) },
          ...(mayChange ? [change] : []),
        ]}
      />
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
  return (
    <DialogForm
      title={organization?.name ?? t('organizationNew')}
      action={t(organization ? 'save' : 'organizationCreate')}
      sending={save}
      fields={['name']}
      onClose={onClose}
    >
      {(errors) => (
        <TextField
          label={t('name')}
          required
          maxLength={200}
          errors={errors.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      )}
    </DialogForm>
  );
}
