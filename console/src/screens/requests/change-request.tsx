import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { useLocation } from 'wouter';
import { client, failureOf, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { TextArea, TextField } from '../../ui/field.js';
import { classesIn } from './create-request.js';

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
  const [title, setTitle] = useState(request.title);
  const [description, setDescription] = useState(request.description);
  const [classes, setClasses] = useState(request.classes.join('\n'));
  const save = useMutation({
    mutationFn: () =>
      client.requests.update.mutate({
        request_id: request.id,
        title,
        description,
        // Left alone, they are not taken apart anew: a name may hold a comma.
        ...(classes !== request.classes.join('\n') && { classes: classesIn(classes) }),
      }),
    onSuccess: (changed) => {
      queries.setQueryData(['request', request.id], changed);
      void queries.invalidateQueries({ queryKey: ['requests'] });
      onClose();
    },
  });
  const fields = save.error ? failureOf(save.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={t('editRequest')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {save.error && Object.keys(fields).length === 0 && <ErrorNote error={save.error} />}
        <TextField
          label={t('title')}
          required
          maxLength={300}
          autoFocus
          errors={fields.title}
          value={title}
          onChange={({ target }) => setTitle(target.value)}
        />
        <TextArea
          label={t('description')}
          hint={t('descriptionHint')}
          errors={fields.description}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
        />
        <TextArea
          label={t('classes')}
          hint={t('classesHint')}
          errors={fields.classes}
          value={classes}
          onChange={({ target }) => setClasses(target.value)}
        />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
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
    <Dialog title={t('deleteRequest')} onClose={onClose}>
      <p>
        <strong>{request.title}</strong>
      </p>
      <p>{t('deleteRequestLead')}</p>
      {remove.error && <ErrorNote error={remove.error} />}
      <div className="dialog-foot">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
          {t('deleteRequest')}
        </Button>
      </div>
    </Dialog>
  );
}
