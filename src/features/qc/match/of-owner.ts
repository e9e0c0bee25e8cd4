/**
 * That a row of `picture_hashes` is an owner's (`:ownerId`), for those that are sought by their bytes. Said so that no index
 * serves it: where statistics do not know of a new owner yet, reading all his rows looks cheaper than looking a few up.
 */
export const OF_OWNER = 'picture_hashes.owner_id is not distinct from :ownerId';
