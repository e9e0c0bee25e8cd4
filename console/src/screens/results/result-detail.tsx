import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { useKeys, walkingKeys } from '../../use-keys.js';
import { useFindingName } from './finding.js';
import { GeneratedWhy } from './generated-why.js';
import { MatchWhy } from './match-why.js';
import { decisionOf, isDuplicate, isGenerated, type Decision, type ResultRow, type Thresholds } from './result-row.js';
import type { useDecisions } from './use-decisions.js';

export interface ResultDetailProps {
  requestId: string;
  rows: readonly ResultRow[];
  index: number;
  byId: (id: string) => ResultRow | undefined;
  thresholds: Thresholds;
  decisions: ReturnType<typeof useDecisions>;
  mayDecide: boolean;
  onMove: (index: number) => void;
  onClose: () => void;
}

/** The id before one: lists go on behind a cursor, so that behind it comes the row itself. */
function idBefore(id: string): string {
  const before = BigInt(`0x${id.replaceAll('-', '')}`) - 1n;
  return before
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** One result: beside what it matched, and why it was called generated. */
export function ResultDetail(props: ResultDetailProps) {
  const { requestId, rows, index, byId, thresholds, decisions, mayDecide, onMove, onClose } = props;
  const { t } = useI18n();
  const findingName = useFindingName();
  const [heatMap, setHeatMap] = useState(false);
  const row = rows[index];
  const detail = useQuery({
    queryKey: ['results', requestId, 'detail', row?.id],
    queryFn: async () => {
      const query = { request_id: requestId, cursor: idBefore(row?.id ?? ''), limit: 1, include: 'evidence' as const };
      return (await client.qc.results.query(query))[0] ?? null;
    },
    enabled: row !== undefined,
  });

  const decide = (decision: Decision) => {
    if (row && mayDecide) void decisions.decide([row], decision);
  };
  useKeys({
    ...walkingKeys(index, rows.length, onMove),
    k: () => decide('keep'),
    r: () => decide('reject'),
    u: () => void decisions.undo(),
    h: () => setHeatMap((shown) => !shown),
  });

  if (!row) return null;
  const decision = decisionOf(row, decisions.made);
  const result = detail.data;
  return (
    <Dialog
      broad
      title={row.filename}
      onClose={onClose}
      actions={
        <>
          <Button
            size="small"
            icon="back"
            aria-label={t('previous')}
            disabled={index === 0}
            onClick={() => onMove(index - 1)}
          />
          <span className="faint">{t('position', { index: index + 1, total: rows.length })}</span>
          <Button
            size="small"
            icon="next"
            aria-label={t('next')}
            disabled={index === rows.length - 1}
            onClick={() => onMove(index + 1)}
          />
        </>
      }
    >
      <div className="row between">
        <div className="chips">
          {isDuplicate(row, thresholds) && <span className="badge duplicate">{t('flagDuplicate')}</span>}
          {isGenerated(row, thresholds) && <span className="badge generated">{t('flagGenerated')}</span>}
          {row.relation === 'near_shot' && <span className="badge">{t('relationNearShot')}</span>}
          {row.findings.map((finding) => (
            <span key={finding} className="badge">
              {findingName(finding)}
            </span>
          ))}
          {decision !== null && (
            <span className={decision === 'keep' ? 'badge good' : 'badge bad'}>
              {t(decision === 'keep' ? 'kept' : 'rejected')}
            </span>
          )}
        </div>
        {mayDecide && (
          <div className="row">
            <Button icon="check" aria-pressed={decision === 'keep'} onClick={() => decide('keep')}>
              {t('keep')} <kbd>K</kbd>
            </Button>
            <Button icon="close" aria-pressed={decision === 'reject'} onClick={() => decide('reject')}>
              {t('reject')} <kbd>R</kbd>
            </Button>
          </div>
        )}
      </div>
      {detail.error && <ErrorNote error={detail.error} onRetry={() => void detail.refetch()} />}
      {detail.isPending && <Skeleton rows={2} height={220} />}
      {result && (
        <>
          <MatchWhy
            result={result}
            matched={result.matched_image_id === null ? undefined : byId(result.matched_image_id)}
          />
          <GeneratedWhy key={row.id} result={result} heatMap={heatMap} onHeatMap={setHeatMap} />
        </>
      )}
    </Dialog>
  );
}
