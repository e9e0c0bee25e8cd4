import { administers, onlyViews, type Actor } from '../auth/actor.js';

/** A clinical image, as far as rights over it go. */
export interface ClinicalImageRow {
  ownerId: string;
  organizationId: string | null;
}

/**
 * - `read`: the image and its classifications
 * - `classify`: give it a stage
 * - `delete`: remove it with its classifications
 */
export const clinicalImageOperations = ['read', 'classify', 'delete'] as const;
export type ClinicalImageOperation = (typeof clinicalImageOperations)[number];

/** The members of an organization see each other's images and classify them. */
export function mayOnClinicalImage(actor: Actor, operation: ClinicalImageOperation, row: ClinicalImageRow): boolean {
  if (administers(actor, row)) return true;
  const owns = row.ownerId === actor.id;
  const sees = owns || (actor.organizationId !== null && actor.organizationId === row.organizationId);
  if (operation === 'read') return sees;
  return !onlyViews(actor) && (operation === 'classify' ? sees : owns);
}
