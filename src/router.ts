import { auditRouter } from './features/audit/router.js';
import { authRouter } from './features/auth/router.js';
import { camerasRouter } from './features/cameras/router.js';
import { classificationsRouter } from './features/classifications/router.js';
import { duplicatesRouter } from './features/duplicates/router.js';
import { exportsRouter } from './features/exports/router.js';
import { imagesRouter } from './features/images/router.js';
import { metricsRouter } from './features/metrics/router.js';
import { organizationsRouter } from './features/organizations/router.js';
import { qcRouter } from './features/qc/router.js';
import { referencesRouter } from './features/references/router.js';
import { requestsRouter } from './features/requests/router.js';
import { serviceRouter } from './features/service/router.js';
import { sessionsRouter } from './features/sessions/router.js';
import { settingsRouter } from './features/settings/router.js';
import { tasksRouter } from './features/tasks/router.js';
import { tokensRouter } from './features/tokens/router.js';
import { uploadsRouter } from './features/uploads/router.js';
import { usersRouter } from './features/users/router.js';
import { webhooksRouter } from './features/webhooks/router.js';
import { router } from './trpc/procedures.js';

/** Every procedure: at `/trpc` for typed clients, and as REST where it says so. */
export const appRouter = router({
  auth: authRouter,
  sessions: sessionsRouter,
  tokens: tokensRouter,
  users: usersRouter,
  organizations: organizationsRouter,
  cameras: camerasRouter,
  audit: auditRouter,
  requests: requestsRouter,
  uploads: uploadsRouter,
  qc: qcRouter,
  images: imagesRouter,
  duplicates: duplicatesRouter,
  tasks: tasksRouter,
  exports: exportsRouter,
  classifications: classificationsRouter,
  metrics: metricsRouter,
  references: referencesRouter,
  settings: settingsRouter,
  service: serviceRouter,
  webhooks: webhooksRouter,
});

export type AppRouter = typeof appRouter;
