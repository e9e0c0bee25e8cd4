import type { TokenScope } from '../../../models/personal-access-token.js';

/** What proved who calls. */
export type Credential = { kind: 'session'; sessionId: string } | { kind: 'token'; tokenId: string; scope: TokenScope };
