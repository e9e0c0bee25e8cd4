import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { administers, useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { DialogForm } from '../../ui/dialog-form.js';
import { Dialog } from '../../ui/dialog.js';
import { Notice } from '../../ui/feedback.js';
import { SelectField, TextField } from '../../ui/field.js';
import { useToast } from '../../ui/toasts.js';
import { eventNames, webhookEvents, type Webhook, type WebhookEvent } from './events.js';

/** Asks for an address and its events; then shows the secret, once. */
export function CreateWebhook({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const me = useMe();
  const queries = useQueryClient();
  const [url, setUrl] = useState('https://');
  const [events, setEvents] = useState<readonly WebhookEvent[]>(['qc.completed']);
  const [scope, setScope] = useState<Webhook['scope']>('own');
  const create = useMutation({
    mutationFn: () => client.webhooks.create.mutate({ url, events: [...events], scope }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  if (create.data) {
    return (
      <Dialog title={t('webhookNew')} onClose={onClose}>
        <Secret secret={create.data.secret} />
        <div className="dialog-foot">
          <Button kind="primary" onClick={onClose}>
            {t('webhookSecretDone')}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <DialogForm
      title={t('webhookNew')}
      action={t('webhookCreate')}
      disabled={events.length === 0}
      sending={create}
      fields={['url']}
      onClose={onClose}
    >
      {(errors) => (
        <>
          <TextField
            label={t('webhookUrl')}
            type="url"
            required
            maxLength={2000}
            hint={t('webhookUrlHint')}
            errors={errors.url}
            value={url}
            onChange={({ target }) => setUrl(target.value)}
          />
          <fieldset className="plain-fieldset">
            <legend className="field-label">{t('webhookEvents')}</legend>
            <div className="stack tight">
              {webhookEvents.map((event) => (
                <label key={event} className="check">
                  <input
                    type="checkbox"
                    checked={events.includes(event)}
                    onChange={({ target }) =>
                      setEvents(target.checked ? [...events, event] : events.filter((other) => other !== event))
                    }
                  />
                  <span>
                    {t(eventNames[event])} <code className="faint">{event}</code>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
          {administers(me) && (
            <SelectField
              label={t('webhookScope')}
              value={scope}
              onChange={({ target }) => setScope(target.value as Webhook['scope'])}
            >
              <option value="own">{t('webhookScopeOwn')}</option>
              <option value="organization">{t('webhookScopeAll')}</option>
            </SelectField>
          )}
        </>
      )}
    </DialogForm>
  );
}

function Secret({ secret }: { secret: string }) {
  const { t } = useI18n();
  const say = useToast();
  return (
    <Notice kind="good">
      <span>{t('webhookSecret')}</span>
      <code className="anywhere">{secret}</code>
      {/* Pages that came by plain HTTP have no clipboard. */}
      {window.isSecureContext && (
        <Button size="small" onClick={() => void navigator.clipboard.writeText(secret).then(() => say(t('copied')))}>
          {t('copy')}
        </Button>
      )}
    </Notice>
  );
}
