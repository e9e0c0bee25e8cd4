import '../requests/requests.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { uploadClinicalImages, type UploadSource } from '../../../../client/browser.js';
import { client, type RouterOutputs } from '../../api.js';
import { askBeforeLeaving } from '../../ask-before-leaving.js';
import { useI18n } from '../../i18n/i18n.js';
import { Dialog } from '../../ui/dialog.js';
import { EmptyState, ErrorNote, Notice, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { SelectField } from '../../ui/field.js';
import { Page } from '../../ui/page.js';
import { PagedList } from '../../ui/paged-list.js';
import { PictureGrid } from '../../ui/picture-grid.js';
import { Picture } from '../../ui/picture.js';
import { usePaged } from '../../use-paged.js';
import { DropZone } from '../requests/drop-zone.js';
import { isStage, stageNames, stages, type Stage } from './stages.js';

type ClinicalImage = RouterOutputs['images']['list'][number];
const LIMIT = 100;

export default function Clinic() {
  const { t, date } = useI18n();
  const [open, setOpen] = useState<ClinicalImage>();
  const list = usePaged({
    queryKey: ['clinical-images'],
    fetchPage: (cursor) => client.images.list.query({ limit: LIMIT, cursor }),
    idOf: ({ id }) => id,
    limit: LIMIT,
  });
  return (
    <Page
      title={t('navClinic')}
      lead={t('clinicLead')}
      actions={
        <Link href="/clinic/classify" className="button primary">
          {t('classifyNext')}
        </Link>
      }
    >
      <ClinicUpload />
      <PagedList
        list={list}
        skeleton={{ rows: 2, height: 160 }}
        empty={
          <EmptyState icon="picture" title={t('clinicNoImages')}>
            <p>{t('clinicNoImagesLead')}</p>
          </EmptyState>
        }
      >
        {(rows) => (
          <PictureGrid
            rows={rows}
            idOf={({ id }) => id}
            detailOf={({ created_at }) => date(created_at)}
            onOpen={setOpen}
            onNearEnd={list.readOn}
          />
        )}
      </PagedList>
      {open && <ClinicalDialog image={open} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

function ClinicUpload() {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [stage, setStage] = useState<Stage | ''>('');
  const [progress, setProgress] = useState({ sent: 0, total: 0 });
  const upload = useMutation({
    mutationFn: (files: UploadSource[]) => {
      setProgress({ sent: 0, total: files.length });
      return uploadClinicalImages(client, files, {
        filesPerCall: 10,
        onProgress: setProgress,
        ...(stage && { stage }),
      });
    },
    onSettled: () => {
      for (const key of ['clinical-images', 'unclassified', 'classifications', 'metrics']) {
        void queries.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  useEffect(() => (upload.isPending ? askBeforeLeaving() : undefined), [upload.isPending]);
  return (
    <section className="card padded stack" aria-labelledby="clinic-upload">
      <h2 id="clinic-upload">{t('clinicUpload')}</h2>
      <SelectField
        label={t('clinicStage')}
        value={stage}
        onChange={({ target }) => setStage(isStage(target.value) ? target.value : '')}
      >
        <option value="">{t('clinicStageLater')}</option>
        {stages.map((value) => (
          <option key={value} value={value}>
            {t(stageNames[value])}
          </option>
        ))}
      </SelectField>
      <DropZone busy={upload.isPending} onFiles={(found) => upload.mutate(found.map(({ source }) => source))} />
      {upload.isPending && (
        <div className="stack tight" aria-live="polite">
          <ProgressBar label={t('clinicUpload')} value={progress.sent} max={progress.total} />
          <span className="faint">{t('uploading', { done: progress.sent, total: progress.total })}</span>
        </div>
      )}
      {upload.error && <ErrorNote error={upload.error} onRetry={() => upload.mutate(upload.variables)} />}
      {upload.data && (
        <div className="stack tight" aria-live="polite">
          {upload.data.images.length > 0 && (
            <Notice kind="good">
              <span>
                {t('clinicUploadDone', { count: upload.data.images.length })}{' '}
                {upload.data.repeated > 0 && t('clinicRepeated', { count: upload.data.repeated })}
              </span>
            </Notice>
          )}
          {upload.data.errors.length > 0 && (
            <Notice kind="bad">
              <ul>
                {upload.data.errors.map(({ filename, message }, index) => (
                  <li key={index}>
                    <strong>{filename}</strong>: {message}
                  </li>
                ))}
              </ul>
            </Notice>
          )}
        </div>
      )}
    </section>
  );
}

function ClinicalDialog({ image, onClose }: { image: ClinicalImage; onClose: () => void }) {
  const { t, moment } = useI18n();
  const list = useQuery({
    queryKey: ['classifications', image.id],
    queryFn: () => client.classifications.list.query({ image_id: image.id, limit: 50, vocabulary: 'en' }),
  });
  return (
    <Dialog title={image.filename} onClose={onClose}>
      <Picture src={image.url} alt={image.filename} className="picture-large" eager />
      <h3>{t('classificationsOf')}</h3>
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={2} height={32} />}
      {list.data?.length === 0 && <p className="soft">{t('noClassifications')}</p>}
      <ul className="stack tight">
        {list.data?.map((row) => (
          <li key={row.id} className="stack" style={{ gap: 2 }}>
            <div className="row">
              <span className={row.counts ? 'badge accent' : 'badge'}>
                {isStage(row.stage) ? t(stageNames[row.stage]) : row.stage}
              </span>
              <span>{row.user_name}</span>
              <span className="faint">{moment(row.created_at)}</span>
            </div>
            {row.observations && <p className="soft">{row.observations}</p>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
