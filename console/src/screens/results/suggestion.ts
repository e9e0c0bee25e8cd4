import type { RouterInputs, RouterOutputs } from '../../api.js';

export type Group = RouterOutputs['duplicates']['list'][number];
export type Resolution = Pick<RouterInputs['duplicates']['resolve'], 'images' | 'pairs'>;
type ImageDecisions = NonNullable<Resolution['images']>;

/** The keeper kept, and the copies of this request rejected; what merely shows the same scene is left alone. */
export function suggestionFor(group: Group): ImageDecisions {
  return group.members.flatMap<ImageDecisions[number]>(({ image_id: id, in_request: here, relation, ...member }) => {
    if (id === null || !here) return [];
    if (id === group.keeper.image_id) return [{ image_id: id, decision: 'keep' }];
    return member.is_representative || relation !== 'near_shot' ? [{ image_id: id, decision: 'reject' }] : [];
  });
}
