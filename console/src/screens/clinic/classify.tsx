import '../tasks/annotate.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TextArea } from '../../ui/field.js';
import { Page } from '../../ui/page.js';
import { Picture } from '../../ui/picture.js';
import { useToast } from '../../ui/toasts.js';
import { useKeys } from '../../use-keys.js';
import { stageNames, stages, type Stage } from './stages.js';

/** How many are asked for at once: enough that the next is there while one is looked at. */
const LIMIT = 50;

export default function Classify() {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [passed, setPassed] = useState<ReadonlySet<string>>(new Set());
  const [observations, setObservations] = useState('');
  const list = useQuery({
    queryKey: ['unclassified'],
    queryFn: () => client.classifications.unclassified.query({ limit: LIMIT }),
  });
  const waiting = (list.data ?? []).filter(({ id }) => !passed.has(id));
  const image = waiting[0];
  const move = (id: string) => {
    setPassed((present) => new Set(present).add(id));
    setObservations('');
  };
  const classify = useMutation({
    mutationFn: ({ id, stage }: { id: string; stage: Stage }) =>
      client.classifications.create.mutate({ image_id: id, stage, observations }),
    onSuccess: (_, { id, stage }) => {
      say(t('classifySaved', { stage: t(stageNames[stage]) }));
      move(id);
      if (waiting.length <= 1) void list.refetch();
      for (const key of ['classifications', 'metrics']) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const choose = (stage: Stage) => {
    if (image && !classify.isPending) classify.mutate({ id: image.id, stage });
  };

  useKeys({
    ...Object.fromEntries(stages.map((stage, at) => [String(at + 1), () => choose(stage)])),
    ArrowRight: () => image && move(image.id),
  });

  const many = (list.data?.length ?? 0) === LIMIT;
  return (
    <Page title={t('navClassify')} lead={t('classifyLead')} back={{ href: '/clinic', label: t('navClinic') }}>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} height={260} />}
      {list.data && !image && (
        <div className="card">
          <EmptyState icon="check" title={t('classifyDone')}>
            <p>{t('classifyDoneLead')}</p>
            <Link href="/clinic" className="button">
              {t('navClinic')}
            </Link>
          </EmptyState>
        </div>
      )}
      {image && (
        <div className="workbench">
          <div className="stack tight">
            <div className="easel">
              <Picture key={image.id} src={image.url} alt={image.filename} className="easel-picture" eager />
            </div>
            <div className="row between faint" aria-live="polite">
              <span className="truncate">{image.filename}</span>
              <span>
                {many
                  ? t('classifyWaitingMany', { count: waiting.length - 1 })
                  : t('classifyWaiting', { count: waiting.length })}
              </span>
            </div>
          </div>
          <div className="card padded stack">
            <h2>{t('stage')}</h2>
            <ul className="class-list">
              {stages.map((stage, index) => (
                <li key={stage}>
                  <button
                    type="button"
                    className="class-button"
                    disabled={classify.isPending}
                    onClick={() => choose(stage)}
                  >
                    <kbd>{index + 1}</kbd>
                    <span className="grow">{t(stageNames[stage])}</span>
                  </button>
                </li>
              ))}
            </ul>
            <TextArea
              label={t('observations')}
              hint={t('observationsHint')}
              value={observations}
              onChange={({ target }) => setObservations(target.value)}
            />
            {classify.error && <ErrorNote error={classify.error} />}
            <Button onClick={() => move(image.id)}>
              {t('classifySkip')} <kbd>→</kbd>
            </Button>
          </div>
        </div>
      )}
    </Page>
  );
}
