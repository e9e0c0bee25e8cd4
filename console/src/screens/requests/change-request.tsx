import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { classesIn, RequestFields, requestFields } from './request-fields.js';

/** What its owner and administrators do to a request itself: change what it asks for, and delete it. */
export function ChangeRequest({ request }: { request: Request }) {
  const { t } = useI18n();
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const close = () => setOpen(undefined);
  return (
    <>
      <Button onClick={() => setOpen('edit')}>{t('editRequest')}</Button>
      <Button onClick={() => setOpen('delete')}>{t('deleteRequest')}</Button>
      {open === 'edit' && <EditRequest request={request} onClose={close} />}
      {open === 'delete' && <DeleteRequest request={request} onClose={close} />}
    </>
  );
}

function EditRequest({ request, onClose }: { request: Request; onClose: () => void }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const present = request.classes.join('\n');
  const [draft, setDraft] = useState({ title: request.title, description: request.description, classes: present });
  const save = useMutation({
    mutationFn: () => {
      const { classes, ...texts } = draft;
      // Left alone, they are not taken apart anew: a name may hold a comma.
      const changed = classes !== present && { classes: classesIn(classes) };
      return client.requests.update.mutate({ request_id: request.id, ...texts, ...changed });
    },
    onSuccess: (changed) => {
      queries.setQueryData(['request', request.id], changed);
      void queries.invalidateQueries({ queryKey: ['requests'] });
      onClose();
    },
  });
  return (
    <DialogForm title={t('editRequest')} action={t('save')} sending={save} fields={requestFields} onClose={onClose}>
      {(errors) => <RequestFields draft={draft} errors={errors} onChange={setDraft} />}
    </DialogForm>
  );
}

function DeleteRequest({ request, onClose }: { request: Request; onClose: () => void }) {
  const { t } = useI18n();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.requests.remove.mutate({ request_id: request.id }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['requests'] });
      navigate('/requests');
    },
  });
  return (
    <DialogForm title={t('deleteRequest')} action={t('deleteRequest')} kind="danger" sending={remove} onClose={onClose}>
      <p>
        <strong>{request.title}</strong>
      </p>
      <p>{t('deleteRequestLead')}</p>
    </DialogForm>
  );
}
