import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';
import type { Relation } from './result-row.js';

const relationNames: Record<Relation, PlainKey> = {
  exact: 'relationExact',
  copy: 'relationCopy',
  near_shot: 'relationNearShot',
};

export function useRelationName() {
  const { t } = useI18n();
  return (relation: Relation) => t(relationNames[relation]);
}

const reasonNames: Partial<Record<string, PlainKey>> = {
  kept: 'reasonKept',
  reference: 'reasonReference',
  least_cropped: 'reasonLeastCropped',
  most_pixels: 'reasonMostPixels',
  least_compressed: 'reasonLeastCompressed',
  most_metadata: 'reasonMostMetadata',
  oldest: 'reasonOldest',
};

/** Why a picture is the one to keep; what this page does not know is told as the service told it. */
export function useKeeperReason() {
  const { t } = useI18n();
  return (reason: string) => {
    const key = reasonNames[reason];
    return key === undefined ? reason : t(key);
  };
}
