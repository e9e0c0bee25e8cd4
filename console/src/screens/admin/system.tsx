import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ErrorNote, Notice, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { Table } from '../../ui/table.js';

const POLL_MS = 5_000;

export default function System() {
  const { t, number, ago } = useI18n();
  const work = useQuery({
    queryKey: ['work'],
    queryFn: () => client.service.work.query(),
    refetchInterval: POLL_MS,
  });
  return (
    <Page title={t('navSystem')} lead={t('systemLead')}>
      {work.error && <ErrorNote error={work.error} onRetry={() => void work.refetch()} />}
      {work.isPending && <Skeleton rows={4} />}
      {work.data && (
        <>
          <section className="stack" aria-labelledby="workers">
            <h2 id="workers">{t('systemWorkers')}</h2>
            {work.data.workers.length === 0 ? (
              <Notice kind="bad">{t('systemNoWorkers')}</Notice>
            ) : (
              <Table
                card
                label={t('systemWorkers')}
                rows={work.data.workers}
                keyOf={({ id }) => id}
                columns={[
                  { title: t('systemHost'), className: 'mono', cell: ({ host }) => host },
                  { title: t('systemThreads'), figure: true, cell: ({ threads }) => number(threads) },
                  { title: t('systemAnalysed'), figure: true, cell: ({ analysed }) => number(analysed) },
                  { title: t('systemStarted'), className: 'soft', cell: (worker) => ago(worker.started_at) },
                  {
                    title: t('systemSeen'),
                    cell: (worker) => <span className="badge good">{ago(worker.heartbeat_at)}</span>,
                  },
                ]}
              />
            )}
          </section>
          <section className="stack" aria-labelledby="queue">
            <h2 id="queue">{t('systemQueue')}</h2>
            {work.data.queues.length === 0 ? (
              <Notice kind="good">{t('systemNoJobs')}</Notice>
            ) : (
              <Table
                card
                label={t('systemQueue')}
                rows={work.data.queues}
                keyOf={({ job }) => job}
                columns={[
                  { title: t('systemJob'), className: 'mono', cell: ({ job }) => job },
                  { title: t('systemDepth'), figure: true, cell: ({ depth }) => number(depth) },
                  {
                    title: t('systemGivenUp'),
                    figure: true,
                    cell: ({ failed }) =>
                      failed > 0 ? <span className="badge bad">{number(failed)}</span> : number(0),
                  },
                ]}
              />
            )}
          </section>
        </>
      )}
    </Page>
  );
}
