import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterInputs, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';
import { Button } from '../../ui/button.js';
import { EmptyState, ErrorNote, ProgressBar, Skeleton } from '../../ui/feedback.js';
import { Form } from '../../ui/form.js';
import { Icon } from '../../ui/icon.js';

type Export = RouterOutputs['exports']['list'][number];
type Format = Export['format'];
const POLL_MS = 2_000;
const LIMIT = 50;

const formats: Record<Format, readonly [name: string, about: PlainKey]> = {
  jsonl: ['JSON Lines', 'exportJsonl'],
  csv: ['CSV', 'exportCsv'],
  coco: ['COCO', 'exportCoco'],
  imagefolder: ['ImageFolder', 'exportImageFolder'],
  huggingface: ['Hugging Face', 'exportHuggingFace'],
  qc_csv: ['QC · CSV', 'exportQcCsv'],
  qc_html: ['QC · HTML', 'exportQcHtml'],
};

const statuses = {
  queued: ['accent', 'qcQueued'],
  running: ['accent', 'qcRunning'],
  completed: ['good', 'qcCompleted'],
  failed: ['bad', 'qcFailed'],
} as const satisfies Record<Export['status'], readonly [string, PlainKey]>;

/** Files of the request's images, labels and quality report: ordered, made in the background, fetched. */
export default function Exports({ requestId, mayOrder }: { requestId: string; mayOrder: boolean }) {
  const { t } = useI18n();
  const list = useQuery({
    queryKey: ['exports', requestId],
    queryFn: () => client.exports.list.query({ request_id: requestId, limit: LIMIT }),
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status === 'queued' || status === 'running') ? POLL_MS : false,
  });
  return (
    <div className="stack">
      {mayOrder && <Order requestId={requestId} />}
      {list.error && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Skeleton rows={3} />}
      {list.data?.length === 0 && (
        <div className="card">
          <EmptyState icon="download" title={t('noExports')}>
            <p>{t('noExportsLead')}</p>
          </EmptyState>
        </div>
      )}
      {list.data && list.data.length > 0 && (
        <ul className="stack tight">
          {list.data.map((row) => (
            <ExportCard key={row.id} row={row} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Order({ requestId }: { requestId: string }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [format, setFormat] = useState<Format>('huggingface');
  const [rejected, setRejected] = useState(false);
  const order = useMutation({
    mutationFn: () => {
      const input: RouterInputs['exports']['create'] = { request_id: requestId, format };
      return client.exports.create.mutate(rejected ? { ...input, include_rejected: true } : input);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['exports', requestId] }),
  });
  return (
    <Form className="card padded stack" onSend={() => order.mutate()}>
      <fieldset className="plain-fieldset">
        <legend className="field-label">{t('exportFormat')}</legend>
        <div className="formats">
          {(Object.keys(formats) as Format[]).map((value) => (
            <label key={value} className="check format">
              <input type="radio" name="format" checked={format === value} onChange={() => setFormat(value)} />
              <span>
                <strong>{formats[value][0]}</strong>
                <span className="faint" style={{ display: 'block' }}>
                  {t(formats[value][1])}
                </span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {order.error && <ErrorNote error={order.error} />}
      <div className="row between">
        <label className="check">
          <input type="checkbox" checked={rejected} onChange={({ target }) => setRejected(target.checked)} />
          {t('exportWithRejected')}
        </label>
        <Button kind="primary" type="submit" icon="download" busy={order.isPending}>
          {t('exportOrder')}
        </Button>
      </div>
    </Form>
  );
}

function ExportCard({ row }: { row: Export }) {
  const { t, bytes, moment } = useI18n();
  const [kind, name] = statuses[row.status];
  return (
    <li className="card padded row between">
      <div className="grow stack tight">
        <div className="row">
          <strong>{formats[row.format][0]}</strong>
          <span className={`badge ${kind}`}>{t(name)}</span>
          {row.include_rejected && <span className="badge">{t('exportWithRejected')}</span>}
        </div>
        {row.status === 'running' && (
          <ProgressBar label={formats[row.format][0]} value={row.images_done} max={row.images_total} />
        )}
        {row.error !== null && <span className="field-error">{row.error}</span>}
        <span className="faint">
          {moment(row.created_at)}
          {row.size_bytes !== null && ` · ${bytes(row.size_bytes)}`}
        </span>
      </div>
      {row.download_url !== null && (
        <a className="button" href={row.download_url} download>
          <Icon name="download" />
          {t('download')}
        </a>
      )}
    </li>
  );
}
