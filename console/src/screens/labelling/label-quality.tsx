import '../admin/metrics.css';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { Table } from '../../ui/table.js';
import { Bars } from '../admin/bars.js';
import { useLabelQuality } from './use-label-quality.js';

/** How far the labelers of a request agree, how fast each is, and how often right where the answer is known. */
export function LabelQuality({ requestId }: { requestId: string }) {
  const { t, number, percent } = useI18n();
  const quality = useLabelQuality(requestId);
  if (quality.error) return <ErrorNote error={quality.error} onRetry={() => void quality.refetch()} />;
  if (!quality.data) return <Skeleton rows={2} height={120} />;
  const { agreement, labelers, images_labeled: labelled, images_total: total, ties } = quality.data;
  if (labelled === 0) {
    return (
      <div className="card">
        <EmptyState icon="metrics" title={t('qualityNone')}>
          <p>{t('qualityNoneLead')}</p>
        </EmptyState>
      </div>
    );
  }
  const rounded = (value: number | null, digits: number) =>
    value === null ? '–' : number(value, { maximumFractionDigits: digits });
  return (
    <section className="stack" aria-labelledby="label-quality">
      <h2 id="label-quality">{t('qualityTitle')}</h2>
      <div className="halves">
        <section className="card padded stack" aria-labelledby="label-agreement">
          <h3 id="label-agreement">{t('metricsAgreement')}</h3>
          <div className="row">
            <span className="big-figure">{rounded(agreement.kappa, 2)}</span>
            <span className="soft">
              {t('metricsFleiss')}
              <br />
              <span className="faint">{t(agreement.kappa === null ? 'qualityKappaNone' : 'qualityKappaHint')}</span>
            </span>
          </div>
          <ul className="faint">
            <li>{t('labelledOf', { done: labelled, total })}</li>
            <li>{t('qualityShared', { count: agreement.images })}</li>
            {ties > 0 && <li>{t('qualityTies', { count: ties })}</li>}
          </ul>
        </section>
        {agreement.kappa_per_class.length > 0 && (
          <section className="card padded stack" aria-labelledby="label-classes">
            <h3 id="label-classes">{t('qualityByClass')}</h3>
            <Bars
              rows={agreement.kappa_per_class.map(({ class: label, kappa }) => ({ label, value: kappa }))}
              max={1}
              digits={2}
            />
          </section>
        )}
      </div>
      <Table
        card
        label={t('labeler')}
        rows={labelers}
        keyOf={(labeler) => labeler.user_id}
        columns={[
          {
            title: t('labeler'),
            cell: ({ name, username }) => (
              <>
                {name}
                <div className="faint">{username}</div>
              </>
            ),
          },
          { title: t('qualityLabelled'), figure: true, cell: (labeler) => number(labeler.images_labeled) },
          { title: t('qualityPerHour'), figure: true, cell: (labeler) => rounded(labeler.labels_per_hour, 0) },
          { title: t('qualitySeconds'), figure: true, cell: (labeler) => rounded(labeler.median_seconds_per_image, 1) },
          {
            title: t('qualityGold'),
            figure: true,
            cell: ({ gold_accuracy: accuracy, gold_correct: correct, gold_images: of }) =>
              accuracy === null ? (
                '–'
              ) : (
                <>
                  {percent(accuracy)}
                  <div className="faint">{t('qualityGoldOf', { correct, total: of })}</div>
                </>
              ),
          },
        ]}
      />
    </section>
  );
}
