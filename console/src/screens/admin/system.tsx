import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { ErrorNote, Notice, Skeleton } from '../../ui/feedback.js';
import { TableWrap } from '../../ui/table-wrap.js';
import { Page } from '../../ui/page.js';

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
              <TableWrap card label={t('systemWorkers')}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{t('systemHost')}</th>
                      <th scope="col" className="figure">
                        {t('systemThreads')}
                      </th>
                      <th scope="col" className="figure">
                        {t('systemAnalysed')}
                      </th>
                      <th scope="col">{t('systemStarted')}</th>
                      <th scope="col">{t('systemSeen')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {work.data.workers.map((worker) => (
                      <tr key={worker.id}>
                        <td className="mono">{worker.host}</td>
                        <td className="figure">{number(worker.threads)}</td>
                        <td className="figure">{number(worker.analysed)}</td>
                        <td className="soft">{ago(worker.started_at)}</td>
                        <td>
                          <span className="badge good">{ago(worker.heartbeat_at)}</span>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableWrap>
            )}
          </section>
          <section className="stack" aria-labelledby="queue">
            <h2 id="queue">{t('systemQueue')}</h2>
            {work.data.queues.length === 0 ? (
              <Notice kind="good">{t('systemNoJobs')}</Notice>
            ) : (
              <TableWrap card label={t('systemQueue')}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{t('systemJob')}</th>
                      <th scope="col" className="figure">
                        {t('systemDepth')}
                      </th>
                      <th scope="col" className="figure">
                        {t('systemGivenUp')}
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {work.data.queues.map(({ job, depth, failed }) => (
                      <tr key={job}>
                        <td className="mono">{job}</td>
                        <td className="figure">{number(depth)}</td>
                        <td className="figure">
                          {failed > 0 ? <span className="badge bad">{number(failed)}</span> : number(0)}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableWrap>
            )}
          </section>
        </>
      )}
    </Page>
  );
}
