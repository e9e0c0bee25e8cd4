import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { useLocation } from 'wouter';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { TextArea, TextField } from '../../ui/field.js';

export const classesIn = (text: string) =>
  [...new Set(text.split(/[\n,;]/).map((name) => name.trim()))].filter(Boolean);

export function CreateRequest({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const [classes, setClasses] = useState('');
  const create = useMutation({
    mutationFn: () => client.requests.create.mutate({ title, description, classes: classesIn(classes) }),
    onSuccess: (request) => {
      void queries.invalidateQueries({ queryKey: ['requests'] });
      navigate(`/requests/${request.id}`);
    },
  });
  const fields = create.error ? failureOf(create.error).fields : {};
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog title={t('newRequest')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {create.error && Object.keys(fields).length === 0 && <ErrorNote error={create.error} />}
        <TextField
          label={t('title')}
          required
          maxLength={300}
          autoFocus
          placeholder={t('titleExample')}
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
          placeholder={t('classesExample')}
          errors={fields.classes}
          value={classes}
          onChange={({ target }) => setClasses(target.value)}
        />
        <div className="chips" aria-live="polite">
          {classesIn(classes).map((name) => (
            <span key={name} className="badge accent">
              {name}
            </span>
          ))}
        </div>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={create.isPending}>
            {t('createRequest')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
