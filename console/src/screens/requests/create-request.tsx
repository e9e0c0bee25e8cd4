import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { classesIn, RequestFields, requestFields } from './request-fields.js';

export function CreateRequest({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState({ title: '', description: '', classes: '' });
  const classes = classesIn(draft.classes);
  const create = useMutation({
    mutationFn: () => client.requests.create.mutate({ ...draft, classes }),
    onSuccess: (request) => {
      void queries.invalidateQueries({ queryKey: ['requests'] });
      navigate(`/requests/${request.id}`);
    },
  });
  return (
    <DialogForm
      title={t('newRequest')}
      action={t('createRequest')}
      sending={create}
      fields={requestFields}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <RequestFields draft={draft} errors={errors} onChange={setDraft} />
          <div className="chips" aria-live="polite">
            {classes.map((name) => (
              <span key={name} className="badge accent">
                {name}
              </span>
            ))}
          </div>
        </>
      )}
    </DialogForm>
  );
}
