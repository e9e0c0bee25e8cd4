import './labelling.css';
import { useMemo, useState } from 'react';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { EmptyState, ErrorNote, Skeleton } from '../../ui/feedback.js';
import { Picture } from '../../ui/picture.js';
import { SearchField } from '../../ui/search-field.js';
import { Segments } from '../../ui/segments.js';
import { VirtualGrid } from '../../ui/virtual-grid.js';
import { useDebounced } from '../../use-debounced.js';
import { usePaged } from '../../use-paged.js';
import { GoldAnswer } from './gold-answer.js';

type View = 'all' | 'answered';
type Labels = readonly string[];

const LIMIT = 200;
const GOLD_LIMIT = 1000;
const CAPTION_HEIGHT = 62;

/** The pictures of a request whose labels are known, and the answers. */
export default function Gold({ request }: { request: Request }) {
  const { t } = useI18n();
  const [chosenView, setView] = useState<View>();
  const [q, setQ] = useState('');
  const [openId, setOpenId] = useState<string>();
  const sought = useDebounced(q);
  const gold = useGold(request.id);
  const answers = useMemo(
    () => new Map<string, Labels>(gold.rows?.map((row) => [row.image_id, row.labels])),
    [gold.rows],
  );
  // Whoever has answers wants to see them, whoever has none wants to give some.
  const view = chosenView ?? (answers.size > 0 ? 'answered' : 'all');
  const pictures = usePaged({
    queryKey: ['uploads', request.id, sought],
    fetchPage: (cursor, limit) =>
      client.uploads.list.query({ request_id: request.id, limit, cursor, ...(sought && { q: sought }) }),
    idOf: (upload) => upload.image_id,
    limit: LIMIT,
  });
  const shown = view === 'answered' ? gold.rows : pictures.rows;
  const failed = gold.error ?? pictures.error;
  const openIndex = shown?.findIndex((image) => image.image_id === openId) ?? -1;
  const open = shown?.[openIndex];

  if (request.classes.length === 0) {
    return (
      <div className="card">
        <EmptyState icon="tasks" title={t('goldNoClasses')}>
          <p>{t('goldNoClassesLead')}</p>
        </EmptyState>
      </div>
    );
  }
  return (
    <section className="stack" aria-labelledby="gold-title">
      <div>
        <h2 id="gold-title">{t('tabGold')}</h2>
        <p className="soft">{t('goldLead')}</p>
      </div>
      <div className="row between">
        <Segments<View>
          label={t('show')}
          value={view}
          onChange={setView}
          options={[
            { value: 'all', label: t('goldShowAll') },
            { value: 'answered', label: t('goldShowAnswered'), count: answers.size },
          ]}
        />
        {view === 'all' && <SearchField label={t('searchFiles')} value={q} onChange={setQ} />}
      </div>
      {failed && <ErrorNote error={failed} onRetry={() => void (gold.error ? gold : pictures).refetch()} />}
      {!shown && !failed && <Skeleton rows={2} height={160} />}
      {shown?.length === 0 && (
        <div className="card">
          {view === 'answered' ? (
            <EmptyState icon="check" title={t('goldNone')}>
              <p>{t('goldNoneLead')}</p>
            </EmptyState>
          ) : (
            <EmptyState icon="picture" title={t(sought ? 'nothingFound' : 'noPictures')}>
              <p>{t(sought ? 'nothingFoundLead' : 'goldNoPicturesLead')}</p>
            </EmptyState>
          )}
        </div>
      )}
      {shown && shown.length > 0 && (
        <VirtualGrid
          key={view}
          count={shown.length}
          captionHeight={CAPTION_HEIGHT}
          {...(view === 'all' && { onNearEnd: pictures.readOn })}
          renderCell={(index) => {
            const image = shown[index];
            if (!image) return null;
            const labels = answers.get(image.image_id);
            return (
              <button
                key={image.image_id}
                type="button"
                className="cell pressable"
                onClick={() => {
                  setOpenId(image.image_id);
                  setView(view);
                }}
              >
                <Picture src={image.preview_url} alt="" />
                <span className="cell-caption">
                  <span className="truncate">{image.filename}</span>
                  <span className="gold-labels">
                    {labels?.slice(0, 2).map((name) => (
                      <span key={name} className="badge good">
                        {name}
                      </span>
                    ))}
                    {labels && labels.length > 2 && <span className="badge good">+{labels.length - 2}</span>}
                    {!labels && <span className="faint">–</span>}
                  </span>
                </span>
              </button>
            );
          }}
        />
      )}
      {open && (
        <GoldAnswer
          key={open.image_id}
          request={request}
          image={open}
          answer={answers.get(open.image_id) ?? []}
          onNext={() => setOpenId(shown[openIndex + 1]?.image_id)}
          onClose={() => setOpenId(undefined)}
        />
      )}
    </section>
  );
}

/** All answers, page by page until they are there: there are never many. */
function useGold(requestId: string) {
  return usePaged({
    queryKey: ['gold', requestId],
    fetchPage: (cursor, limit) => client.tasks.listGold.query({ request_id: requestId, limit, cursor }),
    idOf: ({ image_id: id }) => id,
    limit: GOLD_LIMIT,
    whole: true,
  });
}
