import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Notice, Skeleton } from '../../ui/feedback.js';
import { SelectField } from '../../ui/field.js';
import { Form } from '../../ui/form.js';
import { useToast } from '../../ui/toasts.js';
import { useLabelers } from './use-labelers.js';
import { useLabelQuality } from './use-label-quality.js';
import { useRequestTasks } from './use-request-tasks.js';

/** More than this many for one picture is nobody's wish. */
const MOST_OVERLAP = 9;
const MOST_CHOSEN = 100;
const ALL = 'all';

/** Says who labels, and by how many each picture is labelled. */
export function ShareOut({ requestId }: { requestId: string }) {
  const { t } = useI18n();
  const labelers = useLabelers();
  const quality = useLabelQuality(requestId);
  const tasks = useRequestTasks(requestId);
  const failed = labelers.error ?? quality.error ?? tasks.error;
  const retry = () => {
    for (const query of [labelers, quality, tasks]) void query.refetch();
  };
  if (failed) return <ErrorNote error={failed} onRetry={retry} />;
  if (!labelers.data || !quality.data || !tasks.rows) return <Skeleton rows={1} height={220} />;
  const inHand = tasks.rows.filter(({ status }) => status !== 'done').map((task) => task.labeler_username);
  if (labelers.data.length === 0) {
    return (
      <Notice kind="info">
        <span>{t('noLabelers')}</span>
        <Link href="/admin/users">{t('navUsers')}</Link>
      </Notice>
    );
  }
  return (
    <ShareForm
      requestId={requestId}
      labelers={labelers.data}
      inHand={inHand}
      pictures={quality.data.images_total}
      overlapNow={quality.data.overlap}
    />
  );
}

interface ShareFormProps {
  requestId: string;
  labelers: readonly { id: string; name: string; username: string }[];
  /** User names of those who have an open task on the request. */
  inHand: readonly string[];
  pictures: number;
  overlapNow: number | null;
}

function ShareForm({ requestId, labelers, inHand, pictures, overlapNow }: ShareFormProps) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState<number | null>(overlapNow);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const hands = new Set([...inHand, ...chosen]).size;
  const missing = Math.max(overlap ?? 1, 1) > hands;

  const share = useMutation({
    mutationFn: () =>
      client.tasks.distribute.mutate({ request_id: requestId, overlap, labeler_usernames: [...chosen] }),
    onSuccess: ({ tasks }) => {
      say(t('shared', { count: tasks.length }));
      setChosen([]);
      for (const key of ['assignments', 'tasks', 'task-progress']) void queries.invalidateQueries({ queryKey: [key] });
      void queries.invalidateQueries({ queryKey: ['label-quality', requestId] });
      void queries.invalidateQueries({ queryKey: ['request', requestId] });
    },
  });
  const fields = share.error ? failureOf(share.error).fields : {};
  return (
    <Form className="card padded stack" onSend={() => share.mutate()} aria-labelledby="share-title">
      <div>
        <h2 id="share-title">{t('shareTitle')}</h2>
        <p className="soft">{t('shareLead')}</p>
      </div>
      {share.error && !fields.overlap && <ErrorNote error={share.error} />}
      <div className="share">
        <fieldset className="plain-fieldset">
          <legend className="field-label">{t('labeler')}</legend>
          <div className="share-labelers" tabIndex={0} role="group" aria-label={t('labeler')}>
            {labelers.map(({ id, name, username }) => {
              const has = inHand.includes(username);
              return (
                <label key={id} className="check">
                  <input
                    type="checkbox"
                    checked={has || chosen.includes(username)}
                    disabled={has || (chosen.length >= MOST_CHOSEN && !chosen.includes(username))}
                    onChange={({ target }) =>
                      setChosen((names) =>
                        target.checked ? [...names, username] : names.filter((other) => other !== username),
                      )
                    }
                  />
                  <span className="grow">
                    <span className="truncate" style={{ display: 'block' }}>
                      {name}
                    </span>
                    <span className="faint truncate" style={{ display: 'block' }}>
                      {has ? t('shareInHand') : username}
                    </span>
                  </span>
                </label>
              );
            })}
          </div>
        </fieldset>
        <div className="stack">
          <SelectField
            label={t('shareOverlap')}
            errors={fields.overlap}
            value={overlap ?? ALL}
            onChange={({ target }) => setOverlap(target.value === ALL ? null : Number(target.value))}
          >
            <option value={ALL}>{t('shareOverlapAll')}</option>
            {Array.from({ length: Math.max(MOST_OVERLAP, overlapNow ?? 0) }, (_, index) => (
              <option key={index} value={index + 1}>
                {t('shareOverlapCount', { count: index + 1 })}
              </option>
            ))}
          </SelectField>
          <p className="faint" aria-live="polite">
            {forecast()}
          </p>
          <Button kind="primary" type="submit" icon="tasks" disabled={missing} busy={share.isPending}>
            {t('shareOut')}
          </Button>
        </div>
      </div>
    </Form>
  );

  function forecast(): string {
    if (missing) return t('shareTooFew', { count: Math.max(1, overlap ?? 1) });
    if (pictures === 0) return t('shareNoPictures');
    const total = pictures * (overlap ?? hands);
    return t('shareForecast', { each: Math.ceil(total / hands), total });
  }
}
