import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { useToast } from '../../ui/toasts.js';

type Thresholds = RouterOutputs['settings']['get'];

export default function Settings() {
  const { t } = useI18n();
  const settings = useQuery({ queryKey: ['settings'], queryFn: () => client.settings.get.query() });
  return (
    <Page title={t('navSettings')} lead={t('settingsLead')}>
      {settings.error && <ErrorNote error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isPending && <Skeleton rows={2} height={96} />}
      {settings.data && <Form key={JSON.stringify(settings.data)} present={settings.data} />}
    </Page>
  );
}

function Form({ present }: { present: Thresholds }) {
  const { t, number } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState(present);
  const save = useMutation({
    mutationFn: () => client.settings.update.mutate(wanted),
    onSuccess: (settings) => {
      say(t('saved'));
      queries.setQueryData(['settings'], settings);
      queries.setQueryData(['thresholds'], settings);
      // What is flagged goes by them.
      for (const key of ['results', 'duplicates']) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const changed =
    wanted.duplicate_threshold !== present.duplicate_threshold || wanted.ai_threshold !== present.ai_threshold;
  const sliders = [
    ['duplicate_threshold', t('settingsDuplicate'), t('settingsDuplicateHint')],
    ['ai_threshold', t('settingsGenerated'), t('settingsGeneratedHint')],
  ] as const;
  return (
    <section className="card padded stack" style={{ maxWidth: 640 }}>
      {sliders.map(([name, label, hint]) => {
        const value = number(wanted[name], { minimumFractionDigits: 2 });
        return (
          <div key={name} className="field">
            <div className="row between">
              <label htmlFor={name}>{label}</label>
              <output htmlFor={name} className="mono">
                {value}
              </output>
            </div>
            <input
              id={name}
              type="range"
              min={0}
              max={1}
              step={0.01}
              value={wanted[name]}
              aria-valuetext={value}
              aria-describedby={`${name}-hint`}
              onChange={({ target }) => setWanted((before) => ({ ...before, [name]: Number(target.value) }))}
            />
            <div className="field-hint" id={`${name}-hint`}>
              {hint}
            </div>
          </div>
        );
      })}
      {save.error && <ErrorNote error={save.error} />}
      <div className="dialog-foot">
        <Button disabled={!changed} onClick={() => setWanted(present)}>
          {t('undo')}
        </Button>
        <Button kind="primary" disabled={!changed} busy={save.isPending} onClick={() => save.mutate()}>
          {t('save')}
        </Button>
      </div>
    </section>
  );
}
