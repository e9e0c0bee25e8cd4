import { z } from 'zod';
import { type IssuedTokens, REFRESH_TOKEN_SECONDS } from '../sessions/issue-tokens.js';
import { ACCESS_TOKEN_SECONDS } from './token-signer.js';

/** The same access token under the three names that clients know it by. */
export const tokensSchema = z.object({
  access_token: z.string(),
  token: z.string(),
  access: z.string(),
  refresh: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().meta({ description: 'Seconds until the access token expires.' }),
  refresh_expires_in: z.number().int().meta({ description: 'Seconds until the refresh token expires, at most.' }),
});

export const presentTokens = ({ access, refresh }: IssuedTokens): z.infer<typeof tokensSchema> => ({
  access_token: access,
  token: access,
  access,
  refresh,
  token_type: 'Bearer',
  expires_in: ACCESS_TOKEN_SECONDS,
  refresh_expires_in: REFRESH_TOKEN_SECONDS,
});
