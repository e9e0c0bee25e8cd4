import './results.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { EmptyState } from '../../ui/feedback.js';
import { MoreRows } from '../../ui/more-rows.js';
import { PagedList } from '../../ui/paged-list.js';
import { Segments } from '../../ui/segments.js';
import { useToast } from '../../ui/toasts.js';
import { useFailureToast } from '../../use-failure.js';
import { usePaged } from '../../use-paged.js';
import { useRequestRights } from '../requests/rights.js';
import { DuplicateGroup } from './duplicate-group.js';
import { suggestionFor, type Resolution } from './suggestion.js';

type State = 'open' | 'resolved' | 'all';
const LIMIT = 20;

/** Duplicates in groups, each with the picture worth keeping, the reason, and what to do with the others. */
export default function Duplicates({ requestId }: { requestId: string }) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [state, setState] = useState<State>('open');
  const [nearShots, setNearShots] = useState(false);
  const request = useQuery({
    queryKey: ['request', requestId],
    queryFn: () => client.requests.get.query({ request_id: requestId }),
  });
  const rights = useRequestRights({ owner_id: request.data?.owner_id ?? '' });
  const list = usePaged({
    queryKey: ['duplicates', requestId, { state, nearShots }],
    fetchPage: (cursor) =>
      client.duplicates.list.query({
        request_id: requestId,
        limit: LIMIT,
        cursor,
        near_shots: nearShots,
        ...(state !== 'all' && { state }),
      }),
    idOf: (group) => group.group_id,
    limit: LIMIT,
  });
  const resolve = useMutation({
    mutationFn: (resolution: Resolution) => client.duplicates.resolve.mutate({ request_id: requestId, ...resolution }),
    onSuccess: ({ resolved, errors }) => {
      say(errors[0]?.message ?? t('decided', { count: resolved }), { bad: errors.length > 0 });
      void queries.invalidateQueries({ queryKey: ['duplicates', requestId] });
      void queries.invalidateQueries({ queryKey: ['results', requestId] });
    },
    onError: useFailureToast(),
  });
  const suggested = (list.rows ?? []).filter(({ resolved }) => !resolved).flatMap(suggestionFor);
  return (
    <div className="stack">
      <div className="results-bar">
        <div className="row">
          <Segments<State>
            label={t('show')}
            value={state}
            onChange={setState}
            options={[
              { value: 'open', label: t('groupsOpen') },
              { value: 'resolved', label: t('groupsResolved') },
              { value: 'all', label: t('all') },
            ]}
          />
          <label className="check">
            <input type="checkbox" checked={nearShots} onChange={({ target }) => setNearShots(target.checked)} />
            {t('withNearShots')}
          </label>
        </div>
        {rights.write && suggested.length > 0 && (
          <Button kind="primary" busy={resolve.isPending} onClick={() => resolve.mutate({ images: suggested })}>
            {t('followSuggestions')}
          </Button>
        )}
      </div>
      <PagedList
        list={list}
        skeleton={{ rows: 3, height: 280 }}
        empty={
          <EmptyState icon="check" title={t('noGroups')}>
            <p>{t('noGroupsLead')}</p>
          </EmptyState>
        }
      >
        {(groups) => (
          <>
            {groups.map((group) => (
              <DuplicateGroup
                key={group.group_id}
                group={group}
                mayDecide={rights.write}
                busy={resolve.isPending}
                onResolve={(resolution) => resolve.mutate(resolution)}
              />
            ))}
            <MoreRows {...list} />
          </>
        )}
      </PagedList>
    </div>
  );
}
