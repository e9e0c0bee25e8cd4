import { DomainError, forbidden } from '../errors.js';
import { onlyViews, type RoleCode } from '../features/auth/actor.js';
import { confirmCaller } from '../features/auth/confirm-caller.js';
import type { LimitedCall } from '../features/auth/call-limits.js';
import { t } from './init.js';
import { refuseUnstorableText } from './unstorable-text.js';

/** The kinds of procedure. What a caller may do to a given row is decided by the feature's policy, not here. */
export const publicProcedure = t.procedure.use(({ ctx, type, getRawInput, next }) => {
  const readsOnly = ctx.credential?.kind === 'token' && ctx.credential.scope === 'read';
  if (readsOnly && type === 'mutation') throw forbidden('This token may only read: make one of scope write.');
  return next({
    getRawInput: async () => {
      const input: unknown = await getRawInput();
      refuseUnstorableText(input);
      return input;
    },
  });
});

/** He is asked for anew once the body has arrived, which may take minutes, and before anything is done with it. */
export const signedIn = publicProcedure
  .use(({ ctx, next }) => {
    const { actor, credential } = ctx;
    if (!actor || !credential) throw signInFirst();
    const receiveFiles: typeof ctx.receiveFiles = async (accept) => {
      const received = await ctx.receiveFiles(accept);
      try {
        await confirmCaller(ctx.db, { actor, credential });
      } catch (error) {
        await ctx.storage.delete(received.stored.map(({ key }) => key));
        throw error;
      }
      return received;
    };
    return next({ ctx: { ...ctx, actor, credential, receiveFiles } });
  })
  .use(({ ctx, type, getRawInput, next }) => {
    if (type !== 'mutation') return next();
    return next({
      getRawInput: async () => {
        const input: unknown = await getRawInput();
        await confirmCaller(ctx.db, ctx);
        return input;
      },
    });
  });

/**
 * For what strangers may do while registration is open. Where it is not, a token that has run out is told so, that its
 * owner may refresh it; where it is, it is passed over, since a page may still hold that of whoever sat there before.
 */
export const strangerOrSignedIn = publicProcedure.use(({ ctx, next }) => {
  if (ctx.presentsCredential && !ctx.credential && !ctx.config.registrationOpen) throw signInFirst();
  return next();
});

const signInFirst = () => new DomainError('unauthenticated', 'Sign in first: send a valid access token as Bearer.');

/** For what a personal access token must not do: whoever finds one must not be able to make more of it. */
export const withPassword = signedIn.use(({ ctx, next }) => {
  const { credential } = ctx;
  if (credential.kind !== 'session') {
    throw forbidden('A personal access token does not do for this: log in with your password.');
  }
  return next({ ctx: { ...ctx, credential } });
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

/** Counts calls of a kind against the caller's address, more strictly than all calls are. */
export const limited = (call: LimitedCall) =>
  t.middleware(async ({ ctx, next }) => {
    await ctx.callLimits.count(call, ctx.ip);
    return next();
  });

export const router = t.router;
