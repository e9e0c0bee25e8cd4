import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote, Notice } from '../../ui/feedback.js';
import { SelectField } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import { useLabelers } from '../labelling/use-labelers.js';

const LIMIT = 1000;

export function AssignRequest({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [request, setRequest] = useState('');
  const [labeler, setLabeler] = useState('');
  const requests = useQuery({
    queryKey: ['requests', 'to-assign'],
    queryFn: () => client.requests.adminList.query({ limit: LIMIT }),
  });
  const labelers = useLabelers();
  const assign = useMutation({
    mutationFn: () => client.tasks.assign.mutate({ request_id: request, labeler_username: labeler }),
    onSuccess: () => {
      say(t('assigned', { name: labeler }));
      void queries.invalidateQueries({ queryKey: ['assignments'] });
      void queries.invalidateQueries({ queryKey: ['tasks'] });
      onClose();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    assign.mutate();
  };
  const failed = requests.error ?? labelers.error ?? assign.error;
  return (
    <Dialog title={t('assignTitle')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {failed && <ErrorNote error={failed} />}
        {labelers.data?.length === 0 && (
          <Notice kind="info">
            <span>{t('noLabelers')}</span>
            <Link href="/admin/users">{t('navUsers')}</Link>
          </Notice>
        )}
        <SelectField label={t('request')} required value={request} onChange={({ target }) => setRequest(target.value)}>
          <option value="">{t('chooseRequest')}</option>
          {requests.data?.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </SelectField>
        <SelectField label={t('labeler')} required value={labeler} onChange={({ target }) => setLabeler(target.value)}>
          <option value="">{t('chooseLabeler')}</option>
          {labelers.data?.map(({ id, name, username }) => (
            <option key={id} value={username}>
              {name} ({username})
            </option>
          ))}
        </SelectField>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={assign.isPending}>
            {t('assign')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
