import { authRouter } from './features/auth/router.js';
import { duplicatesRouter } from './features/duplicates/router.js';
import { imagesRouter } from './features/images/router.js';
import { qcRouter } from './features/qc/router.js';
import { referencesRouter } from './features/references/router.js';
import { requestsRouter } from './features/requests/router.js';
import { settingsRouter } from './features/settings/router.js';
import { tasksRouter } from './features/tasks/router.js';
import { uploadsRouter } from './features/uploads/router.js';
import { usersRouter } from './features/users/router.js';
import { router } from './trpc/procedures.js';

/** Every procedure: at `/trpc` for typed clients, and as REST where it says so. */
export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
  requests: requestsRouter,
  uploads: uploadsRouter,
  qc: qcRouter,
  images: imagesRouter,
  duplicates: duplicatesRouter,
  tasks: tasksRouter,
  references: referencesRouter,
  settings: settingsRouter,
});

export type AppRouter = typeof appRouter;
