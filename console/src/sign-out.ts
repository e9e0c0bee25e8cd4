import { client } from './api.js';
import { dropSession } from './session-tokens.js';

/** Ends the session on the service, too; where that cannot be reached, at least here. */
export async function signOut(): Promise<void> {
  await client.sessions.logOut.mutate().catch(() => undefined);
  await dropSession();
}
