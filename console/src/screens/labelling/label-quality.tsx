import '../admin/metrics.css';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TableWrap } from '../../ui/table-wrap.js';
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
  return (
    <section className="stack" aria-labelledby="label-quality">
      <h2 id="label-quality">{t('qualityTitle')}</h2>
      <div className="halves">
        <section className="card padded stack" aria-labelledby="label-agreement">
          <h3 id="label-agreement">{t('metricsAgreement')}</h3>
          <div className="row">
            <span className="big-figure">
              {agreement.kappa === null ? '–' : number(agreement.kappa, { maximumFractionDigits: 2 })}
            </span>
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
      <TableWrap card label={t('labeler')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('labeler')}</th>
              <th scope="col" className="figure">
                {t('qualityLabelled')}
              </th>
              <th scope="col" className="figure">
                {t('qualityPerHour')}
              </th>
              <th scope="col" className="figure">
                {t('qualitySeconds')}
              </th>
              <th scope="col" className="figure">
                {t('qualityGold')}
              </th>
            </tr>
          </thead>
          <tbody>
            {labelers.map((labeler) => (
              <tr key={labeler.user_id}>
                <td>
                  {labeler.name}
                  <div className="faint">{labeler.username}</div>
                </td>
                <td className="figure">{number(labeler.images_labeled)}</td>
                <td className="figure">
                  {labeler.labels_per_hour === null
                    ? '–'
                    : number(labeler.labels_per_hour, { maximumFractionDigits: 0 })}
                </td>
                <td className="figure">
                  {labeler.median_seconds_per_image === null
                    ? '–'
                    : number(labeler.median_seconds_per_image, { maximumFractionDigits: 1 })}
                </td>
                <td className="figure">
                  {labeler.gold_accuracy === null ? (
                    '–'
                  ) : (
                    <>
                      {percent(labeler.gold_accuracy)}
                      <div className="faint">
                        {t('qualityGoldOf', { correct: labeler.gold_correct, total: labeler.gold_images })}
                      </div>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableWrap>
    </section>
  );
}
