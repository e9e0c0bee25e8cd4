import './metrics.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TextField } from '../../ui/field.js';
import { Page } from '../../ui/page.js';
import { Table } from '../../ui/table.js';
import { Segments } from '../../ui/segments.js';
import { stageNames, stages } from '../clinic/stages.js';
import { Bars } from './bars.js';
import { DailyChart } from './daily-chart.js';

type Span = '30' | '365' | 'all' | 'own';
const DAY_MS = 86_400_000;

const dayBefore = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
const spans: Record<Span, { from: string; to: string }> = {
  '30': { from: dayBefore(29), to: dayBefore(0) },
  '365': { from: dayBefore(364), to: dayBefore(0) },
  all: { from: '', to: '' },
  own: { from: '', to: '' },
};

export default function Metrics() {
  const { t, number, ago } = useI18n();
  const [span, setSpan] = useState<Span>('30');
  const [period, setPeriod] = useState(spans['30']);
  const metrics = useQuery({
    queryKey: ['metrics', period],
    queryFn: () => client.metrics.get.query({ ...period, vocabulary: 'en' }),
    placeholderData: keepPreviousData,
  });
  const choose = (next: Span) => {
    setSpan(next);
    setPeriod(spans[next]);
  };
  const change = (ends: Partial<typeof period>) => {
    setSpan('own');
    setPeriod((present) => ({ ...present, ...ends }));
  };
  const data = metrics.data;
  return (
    <Page title={t('navMetrics')} lead={t('metricsLead')}>
      <div className="filters">
        <div className="field">
          <span className="field-label">{t('metricsPeriod')}</span>
          <Segments<Span>
            label={t('metricsPeriod')}
            value={span}
            onChange={choose}
            options={[
              { value: '30', label: t('metricsLast30') },
              { value: '365', label: t('metricsLast365') },
              { value: 'all', label: t('metricsAllTime') },
            ]}
          />
        </div>
        <TextField
          label={t('metricsFrom')}
          type="date"
          value={period.from}
          onChange={({ target }) => change({ from: target.value })}
        />
        <TextField
          label={t('metricsTo')}
          type="date"
          value={period.to}
          onChange={({ target }) => change({ to: target.value })}
        />
      </div>
      {metrics.error && <ErrorNote error={metrics.error} onRetry={() => void metrics.refetch()} />}
      {metrics.isPending && <Skeleton rows={3} height={140} />}
      {data && (
        <>
          <dl className="tiles">
            {(
              [
                ['metricsUsers', data.total_users],
                ['metricsImages', data.total_images],
                ['metricsClassified', data.classified_images_count],
                ['metricsUnclassified', data.unclassified_images_count],
              ] as const
            ).map(([name, value]) => (
              <div key={name} className="card tile">
                <dt>{t(name)}</dt>
                <dd>{number(value)}</dd>
              </div>
            ))}
          </dl>
          {data.classified_images_count === 0 ? (
            <div className="card">
              <EmptyState icon="metrics" title={t('metricsNothing')} />
            </div>
          ) : (
            <>
              <section className="card padded stack" aria-labelledby="per-day">
                <h2 id="per-day">{t('metricsPerDay')}</h2>
                <DailyChart days={data.daily_classifications} label={t('metricsPerDay')} />
              </section>
              <div className="halves">
                <section className="card padded stack" aria-labelledby="per-stage">
                  <h2 id="per-stage">{t('metricsPerStage')}</h2>
                  <Bars
                    rows={stages.map((stage) => ({
                      label: t(stageNames[stage]),
                      value: data.classifications_per_category[stage] ?? 0,
                    }))}
                  />
                </section>
                <section className="card padded stack" aria-labelledby="agreement">
                  <h2 id="agreement">{t('metricsAgreement')}</h2>
                  {data.agreement.kappa === null ? (
                    <p className="soft">{t('metricsKappaNone')}</p>
                  ) : (
                    <>
                      <div className="row">
                        <span className="big-figure">{number(data.agreement.kappa, { maximumFractionDigits: 2 })}</span>
                        <span className="soft">
                          {t(data.agreement.statistic === 'cohen' ? 'metricsCohen' : 'metricsFleiss')}
                          <br />
                          {t('metricsAgreementLead', { count: data.agreement.images })}
                        </span>
                      </div>
                      <Bars
                        rows={stages.map((stage) => ({
                          label: t(stageNames[stage]),
                          value: data.agreement.kappa_per_category[stage] ?? null,
                        }))}
                        max={1}
                        digits={2}
                      />
                    </>
                  )}
                </section>
              </div>
              <section className="stack" aria-labelledby="by-user">
                <h2 id="by-user">{t('metricsByUser')}</h2>
                <Table
                  card
                  label={t('metricsByUser')}
                  rows={data.classifications_by_user}
                  keyOf={({ id }) => id}
                  columns={[
                    {
                      title: t('name'),
                      cell: ({ name, email }) => (
                        <>
                          {name}
                          <div className="faint">{email}</div>
                        </>
                      ),
                    },
                    { title: t('classifications'), figure: true, cell: (user) => number(user.classification_count) },
                    {
                      title: t('lastActive'),
                      className: 'soft',
                      cell: (user) => (user.last_active === null ? '–' : ago(user.last_active)),
                    },
                  ]}
                />
              </section>
            </>
          )}
        </>
      )}
    </Page>
  );
}
