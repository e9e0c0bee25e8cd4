import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { TextField } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import type { Camera } from './cameras.js';
import { OrganizationField } from './organization-field.js';

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
  return (
    <DialogForm
      title={camera ? t('cameraEdit', { name: camera.name }) : t('cameraNew')}
      action={t(camera ? 'save' : 'cameraCreate')}
      sending={save}
      fields={['name', 'location', 'stream_url']}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label={t('name')}
            required
            maxLength={200}
            errors={errors.name}
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
          <TextField
            label={t('cameraLocation')}
            maxLength={500}
            errors={errors.location}
            value={location}
            onChange={({ target }) => setLocation(target.value)}
          />
          <TextField
            label={t('cameraStream')}
            required
            maxLength={2000}
            autoComplete="off"
            hint={t(camera ? 'cameraStreamKept' : 'cameraStreamHint')}
            errors={errors.stream_url}
            value={stream}
            onChange={({ target }) => setStream(target.value)}
          />
          {!camera && me.organization_id === null && (
            <OrganizationField organizations={organizations} required value={organization} onChange={setOrganization} />
          )}
          <label className="check">
            <input type="checkbox" checked={active} onChange={({ target }) => setActive(target.checked)} />
            {t('cameraActive')}
          </label>
        </>
      )}
    </DialogForm>
  );
}
