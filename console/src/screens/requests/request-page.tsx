import './requests.css';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { Link, useParams } from 'wouter';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { administers, useMe } from '../../me.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { Page } from '../../ui/page.js';
import { ChangeRequest } from './change-request.js';
import { Pictures } from './pictures.js';
import { QcPanel } from './qc-panel.js';
import { RequestStatus } from './request-status.js';
import { Uploader } from './uploader.js';
import { useRequestRights } from './rights.js';

const Results = lazy(() => import('../results/results.js'));
const Exports = lazy(() => import('./exports.js'));
const Labelling = lazy(() => import('../labelling/labelling.js'));
const Gold = lazy(() => import('../labelling/gold.js'));
const Duplicates = lazy(() => import('../results/duplicates.js'));

export default function RequestPage() {
  const { id, tab = '' } = useParams<{ id: string; tab?: string }>();
  const { t } = useI18n();
  const request = useQuery({
    queryKey: ['request', id],
    queryFn: () => client.requests.get.query({ request_id: id }),
  });
  const me = useMe();
  const rights = useRequestRights({ owner_id: request.data?.owner_id ?? '' });
  const back = { href: '/requests', label: t('navRequests') };
  const tabBar = useRef<HTMLElement>(null);
  const isThere = request.data !== undefined;
  useEffect(() => {
    // On a phone not all tabs are seen at a time.
    const bar = tabBar.current;
    const here = bar?.querySelector<HTMLElement>('[aria-current=page]');
    if (bar && here) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
  }, [tab, isThere]);
  if (request.error) {
    return (
      <Page title={t('request')} back={back}>
        <ErrorNote error={request.error} onRetry={() => void request.refetch()} />
      </Page>
    );
  }
  if (!request.data) return <Skeleton rows={6} />;
  const { title, description, status } = request.data;
  const change = rights.write && <ChangeRequest request={request.data} />;
  const tabs = [
    { name: '', label: t('tabPictures') },
    { name: 'results', label: t('tabResults') },
    { name: 'duplicates', label: t('tabDuplicates') },
    ...(rights.readUploads ? [{ name: 'exports', label: t('tabExports') }] : []),
    ...(administers(me)
      ? [
          { name: 'labels', label: t('tabLabels') },
          { name: 'gold', label: t('tabGold') },
        ]
      : []),
  ];
  return (
    <Page title={title} lead={description} back={back} badge={<RequestStatus status={status} />} actions={change}>
      <nav ref={tabBar} className="tabs" aria-label={t('request')}>
        {tabs.map(({ name, label }) => (
          <Link
            key={name}
            href={`/requests/${id}${name && `/${name}`}`}
            aria-current={name === tab ? 'page' : undefined}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Skeleton rows={6} />}>
        {tab === 'results' && <Results requestId={id} />}
        {tab === 'duplicates' && <Duplicates requestId={id} />}
        {tab === 'exports' && <Exports requestId={id} mayOrder={rights.write} />}
        {tab === 'labels' && <Labelling requestId={id} />}
        {tab === 'gold' && <Gold request={request.data} />}
        {tab === '' && <Overview request={request.data} />}
      </Suspense>
    </Page>
  );
}

function Overview({ request }: { request: Request }) {
  const { t } = useI18n();
  const rights = useRequestRights(request);
  return (
    <>
      <div className="columns">
        {rights.write ? (
          <Uploader requestId={request.id} />
        ) : (
          <section className="card padded stack">
            <h2>{t('readOnlyTitle')}</h2>
            <p className="soft">{t('readOnlyLead')}</p>
          </section>
        )}
        <div className="stack">
          <QcPanel requestId={request.id} mayRun={rights.runQc} />
          <section className="card padded stack tight">
            <h2>{t('classes')}</h2>
            {request.classes.length === 0 && <p className="soft">{t('noClasses')}</p>}
            <div className="chips">
              {request.classes.map((name) => (
                <span key={name} className="badge">
                  {name}
                </span>
              ))}
            </div>
          </section>
        </div>
      </div>
      {rights.readUploads && <Pictures requestId={request.id} mayDelete={rights.write} />}
    </>
  );
}
