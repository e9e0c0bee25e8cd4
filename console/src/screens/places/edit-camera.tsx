import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { SelectField, TextField } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import type { Camera } from './cameras.js';

export interface EditCameraProps {
  /** Unset: a new one. */
  camera: Camera | undefined;
  organizations: readonly { id: string; name: string }[];
  onClose: () => void;
}

export function EditCamera({ camera, organizations, onClose }: EditCameraProps) {
  const { t } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(camera?.name ?? '');
  const [location, setLocation] = useState(camera?.location ?? '');
  const [stream, setStream] = useState(camera?.stream_url ?? '');
  const [active, setActive] = useState(camera?.active ?? true);
  const [organization, setOrganization] = useState(me.organization_id ?? organizations[0]?.id ?? '');
  const save = useMutation({
    mutationFn: async () => {
      const fields = { name, location, active };
      if (!camera) {
        await client.cameras.create.mutate({ ...fields, stream_url: stream, organization_id: organization });
      } else {
        // What is shown lacks the password: sent again, it would take it away.
        const moved = stream !== camera.stream_url && { stream_url: stream };
        await client.cameras.update.mutate({ id: camera.id, ...fields, ...moved });
      }
    },
    onSuccess: () => {
      say(t('saved'));
      void queries.invalidateQueries({ queryKey: ['cameras'] });
      onClose();
    },
  });
  const fields = save.error ? failureOf(save.error).fields : {};
  const named = Object.keys(fields).some((field) => ['name', 'location', 'stream_url'].includes(field));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog title={camera ? t('cameraEdit', { name: camera.name }) : t('cameraNew')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {save.error && !named && <ErrorNote error={save.error} />}
        <TextField
          label={t('name')}
          required
          autoFocus
          maxLength={200}
          errors={fields.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <TextField
          label={t('cameraLocation')}
          maxLength={500}
          errors={fields.location}
          value={location}
          onChange={({ target }) => setLocation(target.value)}
        />
        <TextField
          label={t('cameraStream')}
          required
          maxLength={2000}
          autoComplete="off"
          hint={t(camera ? 'cameraStreamKept' : 'cameraStreamHint')}
          errors={fields.stream_url}
          value={stream}
          onChange={({ target }) => setStream(target.value)}
        />
        {!camera && me.organization_id === null && (
          <SelectField
            label={t('organization')}
            required
            value={organization}
            onChange={({ target }) => setOrganization(target.value)}
          >
            {organizations.map(({ id, name: title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </SelectField>
        )}
        <label className="check">
          <input type="checkbox" checked={active} onChange={({ target }) => setActive(target.checked)} />
          {t('cameraActive')}
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button kind="primary" type="submit" busy={save.isPending}>
            {t(camera ? 'save' : 'cameraCreate')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
