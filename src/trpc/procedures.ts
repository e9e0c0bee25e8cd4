import { DomainError, forbidden } from '../errors.js';
import { onlyViews, type RoleCode } from '../features/auth/actor.js';
import { t } from './init.js';

/** The kinds of procedure. What a caller may do to a given row is decided by the feature's policy, not here. */
export const publicProcedure = t.procedure;

export const signedIn = t.procedure.use(({ ctx, next }) => {
  if (!ctx.actor) throw new DomainError('unauthenticated', 'Sign in first: send a valid access token as Bearer.');
  return next({ ctx: { ...ctx, actor: ctx.actor } });
});

/** Whoever uploads and classifies clinical images; nobody else's body is read. */
export const clinician = signedIn.use(({ ctx, next }) => {
  if (onlyViews(ctx.actor)) throw forbidden('With the role VIEWER alone you may look at images, and nothing else.');
  return next();
});

/** SUPER_ADMIN has every role. */
export const withRole = (...roles: RoleCode[]) =>
  signedIn.use(({ ctx, next }) => {
    const has = ctx.actor.roles.includes('SUPER_ADMIN') || roles.some((role) => ctx.actor.roles.includes(role));
    if (!has) throw forbidden(`This needs the role ${roles.join(' or ')}.`);
    return next();
  });

export const router = t.router;
