import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { client, type Me } from './api.js';
import { useI18n } from './i18n/i18n.js';
import { administers, labels, MeProvider, ordersData } from './me.js';
import { Shell } from './shell.js';
import { ErrorBoundary } from './ui/error-boundary.js';
import { EmptyState, ErrorNote, Skeleton } from './ui/feedback.js';
import { Page } from './ui/page.js';

const Requests = lazy(() => import('./screens/requests/requests.js'));
const RequestPage = lazy(() => import('./screens/requests/request-page.js'));
const Tasks = lazy(() => import('./screens/tasks/tasks.js'));
const Annotate = lazy(() => import('./screens/tasks/annotate.js'));
const Clinic = lazy(() => import('./screens/clinic/clinic.js'));
const Classify = lazy(() => import('./screens/clinic/classify.js'));
const Users = lazy(() => import('./screens/admin/users.js'));
const Work = lazy(() => import('./screens/admin/work.js'));
const Review = lazy(() => import('./screens/review/review.js'));
const Settings = lazy(() => import('./screens/admin/settings.js'));
const Audit = lazy(() => import('./screens/admin/audit.js'));
const Metrics = lazy(() => import('./screens/admin/metrics.js'));
const System = lazy(() => import('./screens/admin/system.js'));
const Organizations = lazy(() => import('./screens/places/organizations.js'));
const Cameras = lazy(() => import('./screens/places/cameras.js'));
const References = lazy(() => import('./screens/references/references.js'));
const Webhooks = lazy(() => import('./screens/webhooks/webhooks.js'));
const Deliveries = lazy(() => import('./screens/webhooks/deliveries.js'));
const Account = lazy(() => import('./screens/account/account.js'));

async function whoIsSignedIn(): Promise<Me> {
  const me = await client.auth.me.query();
  return {
    ...me,
    organization_id: administers(me) ? (await client.users.get.query({ id: me.id })).organization_id : null,
  };
}

export function SignedIn() {
  const [location] = useLocation();
  const me = useQuery({ queryKey: ['me'], queryFn: whoIsSignedIn, staleTime: 60_000 });
  if (me.error) {
    return (
      <main className="main">
        <div className="page">
          <ErrorNote error={me.error} onRetry={() => void me.refetch()} />
        </div>
      </main>
    );
  }
  if (!me.data) {
    return (
      <main className="main">
        <Skeleton />
      </main>
    );
  }
  const home = labels(me.data) && !ordersData(me.data) ? '/tasks' : '/requests';
  return (
    <MeProvider value={me.data}>
      <Shell>
        <ErrorBoundary at={location}>
          <Suspense fallback={<Skeleton rows={6} />}>
            <Switch>
              <Route path="/requests" component={Requests} />
              <Route path="/requests/:id/:tab?" component={RequestPage} />
              <Route path="/tasks" component={Tasks} />
              <Route path="/tasks/:id" component={Annotate} />
              <Route path="/clinic" component={Clinic} />
              <Route path="/clinic/classify" component={Classify} />
              <Route path="/admin/users" component={Users} />
              <Route path="/admin/work" component={Work} />
              <Route path="/admin/review/:id" component={Review} />
              <Route path="/admin/settings" component={Settings} />
              <Route path="/admin/audit" component={Audit} />
              <Route path="/admin/metrics" component={Metrics} />
              <Route path="/admin/system" component={System} />
              <Route path="/admin/organizations" component={Organizations} />
              <Route path="/admin/cameras" component={Cameras} />
              <Route path="/admin/references" component={References} />
              <Route path="/webhooks" component={Webhooks} />
              <Route path="/webhooks/:id" component={Deliveries} />
              <Route path="/account" component={Account} />
              <Route path="/">
                <Redirect to={home} replace />
              </Route>
              <Route path="/sign-in">
                <Redirect to={home} replace />
              </Route>
              <Route path="/register">
                <Redirect to={home} replace />
              </Route>
              <Route>
                <NoSuchPage />
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </Shell>
    </MeProvider>
  );
}

function NoSuchPage() {
  const { t } = useI18n();
  return (
    <Page title={t('noSuchPage')}>
      <div className="card">
        <EmptyState icon="search" title={t('noSuchPage')}>
          <p>{t('noSuchPageLead')}</p>
        </EmptyState>
      </div>
    </Page>
  );
}
