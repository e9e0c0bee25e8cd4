import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const TOKEN_ISSUER = 'assay';
export const ACCESS_TOKEN_AUDIENCE = 'assay-api';
const REFRESH_TOKEN_AUDIENCE = 'assay-refresh';

const refreshClaimsSchema = z
  .object({ typ: z.literal('refresh'), jti: z.uuid(), sid: z.uuid(), exp: z.number().positive().max(1e11) })
  .transform(({ jti, sid, exp }) => ({ tokenId: jti, sessionId: sid, expiresAt: exp }));

/** What a refresh token says; `expiresAt` in seconds since 1970. */
export type RefreshClaims = z.output<typeof refreshClaimsSchema>;

/**
 * Makes the JWTs (RFC 7519, HS256) of a session. An access token and a refresh token differ in audience and in `typ`,
 * so that neither passes for the other. `http/authentication.ts` checks access tokens.
 */
export class TokenSigner {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  /** @param token.now by the database, against whose clock it will be checked. */
  signAccessToken({ userId, sessionId, now }: { userId: string; sessionId: string; now: Date }): Promise<string> {
    return this.#jwt({ typ: 'access', sid: sessionId }, now)
      .setSubject(userId)
      .setAudience(ACCESS_TOKEN_AUDIENCE)
      .setExpirationTime(new Date(now.getTime() + ACCESS_TOKEN_SECONDS * 1000))
      .sign(this.#key);
  }

  /** @param token.tokenId is good for one exchange. */
  signRefreshToken(token: { tokenId: string; sessionId: string; expiresAt: Date; now: Date }): Promise<string> {
    return this.#jwt({ typ: 'refresh', sid: token.sessionId }, token.now)
      .setJti(token.tokenId)
      .setAudience(REFRESH_TOKEN_AUDIENCE)
      .setExpirationTime(token.expiresAt)
      .sign(this.#key);
  }

  /** What a genuine refresh token says, whose time is for the database to check; null for any other text. */
  async readRefreshToken(token: string): Promise<RefreshClaims | null> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        issuer: TOKEN_ISSUER,
        audience: REFRESH_TOKEN_AUDIENCE,
        requiredClaims: ['exp'],
        // Our clock may be wrong: before all time nothing has expired.
        currentDate: new Date(0),
      });
      return refreshClaimsSchema.safeParse(payload).data ?? null;
    } catch {
      return null;
    }
  }

  #jwt(claims: { typ: 'access' | 'refresh'; sid: string }, now: Date): SignJWT {
    const header = { alg: 'HS256', typ: 'JWT' };
    return new SignJWT(claims).setProtectedHeader(header).setIssuer(TOKEN_ISSUER).setIssuedAt(now);
  }
}
