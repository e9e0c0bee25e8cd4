import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState, useSyncExternalStore } from 'react';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { ProgressBar } from '../../ui/feedback.js';
import { Segments } from '../../ui/segments.js';
import { useFailureSentence } from '../../use-failure.js';
import { DropZone } from './drop-zone.js';
import type { FoundFile } from './found-files.js';
import { uploadQueue, type FileState, type QueuedFile, type UploadQueue } from './upload-queue.js';

/** Takes files and folders, by drop or choice, and shows what becomes of each. */
export function Uploader({ requestId }: { requestId: string }) {
  const { t, bytes } = useI18n();
  const queries = useQueryClient();
  const welcome = useQuery({ queryKey: ['welcome'], queryFn: () => client.service.welcome.query() });
  const queue = uploadQueue(requestId, () => {
    // What came is unchecked.
    for (const key of ['uploads', 'qc-status']) void queries.invalidateQueries({ queryKey: [key, requestId] });
  });
  const tally = useSyncExternalStore(queue.subscribe, queue.tally);
  const maxBytes = welcome.data?.max_file_bytes ?? Infinity;
  // Rounded down: a file of the size that is named is taken.
  const limit = Number.isFinite(maxBytes) ? bytes(Math.floor(maxBytes / 1e6) * 1e6 || maxBytes) : '…';
  const take = (found: readonly FoundFile[]) => {
    queue.add(found, { maxBytes, reason: t('fileTooLarge', { size: limit }) });
  };
  return (
    <section className="card padded stack" aria-labelledby="upload-title">
      <h2 id="upload-title">{t('uploadTitle')}</h2>
      <DropZone folders hint={t('dropHint', { size: limit })} onFiles={take} />
      {tally.files.length > 0 && <Progress queue={queue} />}
    </section>
  );
}

type Shown = 'all' | 'refused' | 'failed';

function Progress({ queue }: { queue: UploadQueue }) {
  const { t, bytes } = useI18n();
  const { files, counts, bytes: total, bytesSent, known } = useSyncExternalStore(queue.subscribe, queue.tally);
  const [shown, setShown] = useState<Shown>('all');
  const underWay = counts.waiting + counts.sending;
  const list = shown === 'all' ? files : files.filter(({ state }) => state === shown);
  return (
    <div className="stack tight">
      <div className="row between">
        <span aria-live="polite">
          {underWay > 0
            ? t('uploading', { done: files.length - underWay, total: files.length })
            : t('uploadedSummary', { count: counts.done })}
        </span>
        <span className="faint">
          {bytes(bytesSent)} / {bytes(total)}
        </span>
      </div>
      <ProgressBar
        label={t('uploadTitle')}
        value={files.length - underWay}
        max={files.length}
        good={underWay === 0 && counts.failed + counts.refused === 0}
      />
      {known > 0 && <p className="faint">{t('uploadKnown', { count: known })}</p>}
      <div className="row between">
        <Segments<Shown>
          label={t('show')}
          value={shown}
          onChange={setShown}
          options={[
            { value: 'all', label: t('all'), count: files.length },
            { value: 'refused', label: t('refused'), count: counts.refused },
            { value: 'failed', label: t('failed'), count: counts.failed },
          ]}
        />
        <div className="row">
          {counts.failed > 0 && (
            <Button size="small" icon="retry" onClick={() => queue.retry()}>
              {t('retryFailed')}
            </Button>
          )}
          {underWay === 0 && (
            <Button size="small" kind="plain" onClick={() => queue.clear()}>
              {t('clearList')}
            </Button>
          )}
        </div>
      </div>
      <FileList files={list} onRetry={(id) => queue.retry(id)} />
    </div>
  );
}

const ROW_HEIGHT = 52;

function FileList({ files, onRetry }: { files: readonly QueuedFile[]; onRetry: (id: number) => void }) {
  const { t, bytes } = useI18n();
  const sentenceOf = useFailureSentence();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  return (
    <div ref={scroller} className="file-list" tabIndex={0} role="region" aria-label={t('files')}>
      <ul style={{ position: 'relative', height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => {
          const file = files[row.index];
          if (!file) return null;
          const reason = file.error === undefined ? file.reason : sentenceOf(file.error);
          return (
            <li
              key={file.id}
              className="file-row"
              style={{ height: ROW_HEIGHT, transform: `translateY(${row.start}px)` }}
              aria-setsize={files.length}
              aria-posinset={row.index + 1}
            >
              <FileMark state={file.state} />
              <div className="grow">
                <div className="truncate">{file.path}</div>
                <div className={reason ? 'field-error truncate' : 'faint'} title={reason || undefined}>
                  {reason || bytes(file.bytes)}
                </div>
                {file.state === 'sending' && <ProgressBar label={file.path} value={file.sentBytes} max={file.bytes} />}
              </div>
              {file.state === 'failed' && (
                <Button
                  size="small"
                  icon="retry"
                  aria-label={t('retryFile', { file: file.path })}
                  onClick={() => onRetry(file.id)}
                />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const marks = {
  waiting: ['', 'fileWaiting'],
  sending: ['accent', 'fileSending'],
  done: ['good', 'fileDone'],
  refused: ['bad', 'fileRefused'],
  failed: ['bad', 'fileFailed'],
} as const satisfies Record<FileState, readonly [string, string]>;

function FileMark({ state }: { state: FileState }) {
  const { t } = useI18n();
  const [kind, label] = marks[state];
  return <span className={`badge ${kind}`}>{t(label)}</span>;
}
