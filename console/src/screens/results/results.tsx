import './results.css';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { Segments } from '../../ui/segments.js';
import { SelectFilter } from '../../ui/select-filter.js';
import { useKeys } from '../../use-keys.js';
import { useRequestRights } from '../requests/rights.js';
import { Gallery } from './gallery.js';
import { KeyboardHelp } from './keyboard-help.js';
import { ResultDetail } from './result-detail.js';
import { ResultOrders, type Order } from './result-orders.js';
import { countVerdicts, histogram, viewRows, type Thresholds, type Verdict } from './result-row.js';
import { SaveThresholds } from './save-thresholds.js';
import { ScorePanel } from './score-panel.js';
import { useDecisions } from './use-decisions.js';
import { useResults } from './use-results.js';

const orderNames: readonly (readonly [Order, PlainKey])[] = [
  ['suspicion', 'sortSuspicion'],
  ['duplicate', 'sortDuplicate'],
  ['generated', 'sortGenerated'],
  ['filename', 'sortFilename'],
  ['upload', 'sortUpload'],
];

export default function Results({ requestId }: { requestId: string }) {
  const { t } = useI18n();
  const results = useResults(requestId);
  const request = useQuery({
    queryKey: ['request', requestId],
    queryFn: () => client.requests.get.query({ request_id: requestId }),
  });
  const rights = useRequestRights({ owner_id: request.data?.owner_id ?? '' });
  const inForce = useQuery({ queryKey: ['thresholds'], queryFn: () => client.settings.thresholds.query() });
  const [moved, setMoved] = useState<Partial<Thresholds>>({});
  const [verdict, setVerdict] = useState<Verdict>('all');
  const [order, setOrder] = useState<Order>('suspicion');
  const [openId, setOpenId] = useState<string>();
  const [helping, setHelping] = useState(false);
  const decisions = useDecisions(requestId);

  const { duplicate = inForce.data?.duplicate_threshold ?? 0.85, generated = inForce.data?.ai_threshold ?? 0.8 } =
    moved;
  const thresholds = useMemo(() => ({ duplicate, generated }), [duplicate, generated]);
  // The slider follows the hand; a hundred thousand rows follow the slider as soon as they can.
  const settled = useDeferredValue(thresholds);
  const rows = useMemo(() => results.rows ?? [], [results.rows]);
  const made = decisions.made;
  const orders = useMemo(() => new ResultOrders(rows), [rows]);
  const view = useMemo(
    () => viewRows(orders, { thresholds: settled, verdict, order, decisions: made }),
    [orders, settled, verdict, order, made],
  );
  const counts = useMemo(() => countVerdicts(rows, { thresholds: settled, decisions: made }), [rows, settled, made]);
  const duplicateBins = useMemo(
    () => histogram(rows, (row) => (row.relation === 'near_shot' ? 0 : row.duplicate)),
    [rows],
  );
  const generatedBins = useMemo(() => histogram(rows, (row) => row.generated), [rows]);

  useKeys({ '?': () => setHelping(true) });

  if (results.error && !results.rows) {
    return <ErrorNote error={results.error} onRetry={() => void results.refetch()} />;
  }
  if (!results.rows) return <Skeleton rows={3} height={150} />;
  if (results.rows.length === 0) {
    return (
      <div className="card">
        <EmptyState icon="search" title={t(results.running ? 'resultsSoon' : 'noResults')}>
          <p>{t(results.running ? 'resultsSoonLead' : 'noResultsLead')}</p>
        </EmptyState>
      </div>
    );
  }
  const openIndex = openId === undefined ? -1 : view.findIndex(({ id }) => id === openId);
  const total = results.status?.images_done ?? rows.length;
  return (
    <div className="stack results">
      {(results.running || results.hasNextPage) && (
        <div className="card padded stack tight">
          <span aria-live="polite">
            {results.running
              ? t('qcDone', { done: results.status?.images_done ?? 0, total: results.status?.images_total ?? 0 })
              : t('loadingResults', { done: rows.length, total })}
          </span>
          <ProgressBar
            label={t('tabResults')}
            value={results.running ? (results.status?.images_done ?? 0) : rows.length}
            max={results.running ? (results.status?.images_total ?? 0) : total}
          />
        </div>
      )}
      {results.error && <ErrorNote error={results.error} onRetry={() => void results.fetchNextPage()} />}
      <div className="score-panels">
        <ScorePanel
          title={t('duplicateScore')}
          kind="duplicate"
          bins={duplicateBins}
          threshold={duplicate}
          flagged={counts.duplicate}
          onChange={(value) => setMoved((present) => ({ ...present, duplicate: value }))}
        />
        <ScorePanel
          title={t('generatedScore')}
          kind="generated"
          bins={generatedBins}
          threshold={generated}
          flagged={counts.generated}
          onChange={(value) => setMoved((present) => ({ ...present, generated: value }))}
        />
      </div>
      <SaveThresholds thresholds={thresholds} inForce={inForce.data} onReset={() => setMoved({})} />
      <div className="results-bar">
        <Segments<Verdict>
          label={t('show')}
          value={verdict}
          onChange={setVerdict}
          options={[
            { value: 'all', label: t('all'), count: counts.all },
            { value: 'duplicate', label: t('verdictDuplicates'), count: counts.duplicate },
            { value: 'generated', label: t('verdictGenerated'), count: counts.generated },
            { value: 'clean', label: t('verdictClean'), count: counts.clean },
            { value: 'rejected', label: t('verdictRejected'), count: counts.rejected },
          ]}
        />
        <div className="row">
          <SelectFilter
            label={t('sortBy')}
            options={orderNames.map(([value, name]) => [value, t(name)] as const)}
            value={order}
            onChange={(value) => value && setOrder(value)}
          />
          <Button icon="keyboard" aria-label={t('keyboardHelp')} onClick={() => setHelping(true)} />
        </div>
      </div>
      {view.length === 0 ? (
        <div className="card">
          <EmptyState icon="check" title={t('noneOfThese')}>
            <p>{t('noneOfTheseLead')}</p>
          </EmptyState>
        </div>
      ) : (
        <Gallery
          rows={view}
          thresholds={settled}
          decisions={decisions}
          mayDecide={rights.write}
          onOpen={({ id }) => setOpenId(id)}
        />
      )}
      {openIndex >= 0 && (
        <ResultDetail
          requestId={requestId}
          rows={view}
          index={openIndex}
          byId={(id) => rows.find((row) => row.id === id)}
          thresholds={settled}
          decisions={decisions}
          mayDecide={rights.write}
          onMove={(index) => setOpenId(view[index]?.id)}
          onClose={() => setOpenId(undefined)}
        />
      )}
      {helping && <KeyboardHelp onClose={() => setHelping(false)} />}
    </div>
  );
}
