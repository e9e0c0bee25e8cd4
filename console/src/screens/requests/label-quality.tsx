import '../admin/metrics.css';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Bars } from '../admin/bars.js';

/** How far the labelers of a request agree, how fast each is, and how often right where the answer is known. */
export default function LabelQuality({ requestId }: { requestId: string }) {
  const { t, number, percent } = useI18n();
  const quality = useQuery({
    queryKey: ['label-quality', requestId],
    queryFn: () => client.tasks.quality.query({ request_id: requestId }),
  });
  if (quality.error) return <ErrorNote error={quality.error} onRetry={() => void quality.refetch()} />;
  if (!quality.data) return <Skeleton rows={3} height={120} />;
  const { agreement, labelers, images_labeled: labelled, images_total: total, ties } = quality.data;
  if (labelers.length === 0) {
    return (
      <div className="card">
        <EmptyState icon="tasks" title={t('noAssignments')}>
          <p>{t('noAssignmentsLead')}</p>
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="stack">
      <div className="halves">
        <section className="card padded stack" aria-labelledby="label-agreement">
          <h2 id="label-agreement">{t('metricsAgreement')}</h2>
          <div className="row">
            <span className="big-figure">
              {agreement.kappa === null ? '–' : number(agreement.kappa, { maximumFractionDigits: 2 })}
            </span>
            <span className="soft">
              {t('metricsFleiss')}
              <br />
              {t('labelledOf', { done: labelled, total })}
              <br />
              {t('qualityTies', { count: ties })}
            </span>
          </div>
        </section>
        <section className="card padded stack" aria-labelledby="label-classes">
          <h2 id="label-classes">{t('classes')}</h2>
          <Bars
            rows={agreement.kappa_per_class.map(({ class: label, kappa }) => ({ label, value: kappa }))}
            max={1}
            digits={2}
          />
        </section>
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
                <td className="figure">{labeler.gold_accuracy === null ? '–' : percent(labeler.gold_accuracy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableWrap>
    </div>
  );
}
