import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { EmptyState, ErrorNote, NothingFound } from '../../ui/feedback.js';
import { PagedList } from '../../ui/paged-list.js';
import { PictureGrid } from '../../ui/picture-grid.js';
import { Picture } from '../../ui/picture.js';
import { SearchField } from '../../ui/search-field.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';

type Upload = RouterOutputs['uploads']['list'][number];
const LIMIT = 200;

/** The pictures of a request, newest first. */
export function Pictures({ requestId, mayDelete }: { requestId: string; mayDelete: boolean }) {
  const { t, bytes } = useI18n();
  const [q, setQ] = useState('');
  const [open, setOpen] = useState<Upload>();
  const sought = useDebounced(q);
  const list = usePaged({
    queryKey: ['uploads', requestId, sought],
    fetchPage: (cursor) =>
      client.uploads.list.query({ request_id: requestId, limit: LIMIT, cursor, ...(sought && { q: sought }) }),
    idOf: (upload) => upload.image_id,
    limit: LIMIT,
  });
  return (
    <section className="stack" aria-labelledby="pictures-title">
      <div className="row between">
        <h2 id="pictures-title">{t('picturesTitle')}</h2>
        <SearchField label={t('searchFiles')} value={q} onChange={setQ} />
      </div>
      <PagedList
        list={list}
        skeleton={{ rows: 2, height: 160 }}
        empty={
          sought ? (
            <NothingFound />
          ) : (
            <EmptyState icon="picture" title={t('noPictures')}>
              <p>{t('noPicturesLead')}</p>
            </EmptyState>
          )
        }
      >
        {(rows) => (
          <PictureGrid
            rows={rows}
            idOf={(upload) => upload.image_id}
            detailOf={({ width, height, size_bytes }) => `${width} × ${height} · ${bytes(size_bytes)}`}
            onOpen={setOpen}
            onNearEnd={list.readOn}
          />
        )}
      </PagedList>
      {open && (
        <PictureDialog upload={open} requestId={requestId} mayDelete={mayDelete} onClose={() => setOpen(undefined)} />
      )}
    </section>
  );
}

interface PictureDialogProps {
  upload: Upload;
  requestId: string;
  mayDelete: boolean;
  onClose: () => void;
}

function PictureDialog({ upload, requestId, mayDelete, onClose }: PictureDialogProps) {
  const { t, bytes, moment } = useI18n();
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const remove = useMutation({
    mutationFn: () => client.uploads.delete.mutate({ request_id: requestId, image_id: upload.image_id }),
    onSuccess: () => {
      for (const list of ['uploads', 'results', 'duplicates', 'qc-status']) {
        void queries.invalidateQueries({ queryKey: [list, requestId] });
      }
      onClose();
    },
  });
  return (
    <Dialog title={upload.filename} onClose={onClose}>
      <Picture src={upload.preview_url} alt={upload.filename} className="picture-large" eager />
      <p className="soft">
        {upload.width} × {upload.height} · {bytes(upload.size_bytes)} · {moment(upload.created_at)}
      </p>
      {remove.error && <ErrorNote error={remove.error} />}
      {mayDelete && (
        <div className="dialog-foot">
          {sure && <span className="grow soft">{t('deletePictureSure')}</span>}
          <Button
            kind={sure ? 'danger' : undefined}
            busy={remove.isPending}
            onClick={() => (sure ? remove.mutate() : setSure(true))}
          >
            {t('deletePicture')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}
