import type { Camera } from '../../../models/camera.js';
import { openText, sealText, type SealingKey } from '../../sealed-text.js';
import { parseStreamUrl, type StreamUrl } from './stream-url.js';

/** What a row keeps of the address of its stream: all of it encrypted, and what may be shown in the clear. */
export const streamColumns = (key: SealingKey, cameraId: string, stream: StreamUrl) => ({
  streamUrl: stream.shown,
  sealedStreamUrl: sealText(key, cameraId, stream.complete),
});

/**
 * The address of a camera's stream as its row has it. Rows from before all addresses were sealed may have more in the
 * clear than may be shown.
 * @returns `complete` null when it was sealed under a secret that is no longer the service's. What is then not shown of
 *   it counts as credentials.
 */
export function streamOf(
  { id, streamUrl, sealedStreamUrl }: Camera,
  key: SealingKey,
): Omit<StreamUrl, 'complete'> & { complete: string | null } {
  const complete = sealedStreamUrl ? openText(key, id, sealedStreamUrl) : streamUrl;
  const shown = parseStreamUrl(streamUrl)?.shown ?? '';
  return { complete, shown, hasCredentials: complete !== shown };
}
