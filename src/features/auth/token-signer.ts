import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const TOKEN_ISSUER = 'assay';
export const ACCESS_TOKEN_AUDIENCE = 'assay-api';
const REFRESH_TOKEN_AUDIENCE = 'assay-refresh';

const refreshClaimsSchema = z
  .object({ typ: z.literal('refresh'), jti: z.uuid(), sid: z.uuid() })
  .transform(({ jti, sid }) => ({ tokenId: jti, sessionId: sid }));

/**
 * Makes the JWTs (RFC 7519, HS256) of a session. An access token and a refresh token differ in audience and in `typ`,
 * so that neither passes for the other. `http/authentication.ts` checks access tokens.
 */
export class TokenSigner {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  signAccessToken({ userId, sessionId }: { userId: string; sessionId: string }): Promise<string> {
    return this.#jwt({ typ: 'access', sid: sessionId })
      .setSubject(userId)
      .setAudience(ACCESS_TOKEN_AUDIENCE)
      .setExpirationTime(`${ACCESS_TOKEN_SECONDS}s`)
      .sign(this.#key);
  }

  /** @param token.tokenId is good for one exchange. */
  signRefreshToken(token: { tokenId: string; sessionId: string; expiresAt: Date }): Promise<string> {
    return this.#jwt({ typ: 'refresh', sid: token.sessionId })
      .setJti(token.tokenId)
      .setAudience(REFRESH_TOKEN_AUDIENCE)
      .setExpirationTime(token.expiresAt)
      .sign(this.#key);
  }

  /** What a genuine refresh token that has not expired says; null for any other text. */
  async readRefreshToken(token: string): Promise<{ tokenId: string; sessionId: string } | null> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        issuer: TOKEN_ISSUER,
        audience: REFRESH_TOKEN_AUDIENCE,
        requiredClaims: ['exp'],
      });
      return refreshClaimsSchema.safeParse(payload).data ?? null;
    } catch {
      return null;
    }
  }

  #jwt(claims: { typ: 'access' | 'refresh'; sid: string }): SignJWT {
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setIssuer(TOKEN_ISSUER).setIssuedAt();
  }
}
