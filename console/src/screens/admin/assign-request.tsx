import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { DialogForm } from '../../ui/dialog-form.js';
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
  const unread = requests.error ?? labelers.error;
  return (
    <DialogForm title={t('assignTitle')} action={t('assign')} sending={assign} onClose={onClose}>
      {unread && <ErrorNote error={unread} />}
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
    </DialogForm>
  );
}
