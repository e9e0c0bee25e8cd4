import type { QcResult } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Icon } from '../../ui/icon.js';
import { Picture } from '../../ui/picture.js';
import { useRelationName } from './relation.js';
import type { ResultRow } from './result-row.js';
import { useStepName } from './transformation.js';

export interface MatchWhyProps {
  result: QcResult;
  /** What it matched, where that is in this request. */
  matched: ResultRow | undefined;
}

/** A picture beside the one that it matched, and what was done to the latter to make it. */
export function MatchWhy({ result, matched }: MatchWhyProps) {
  const { t, percent, bytes } = useI18n();
  const relationName = useRelationName();
  const stepName = useStepName();
  const { match } = result;
  const size = result.width !== null && result.height !== null && result.size_bytes !== null;
  return (
    <section className="stack tight" aria-labelledby="match-title">
      <h3 id="match-title">{t('matchTitle')}</h3>
      <div className={match ? 'side-by-side' : 'side-by-side alone'}>
        <figure>
          <Picture src={result.picture_url} alt={result.filename} className="picture-large" eager />
          <figcaption>
            <strong className="truncate">{result.filename}</strong>
            {size && (
              <span className="faint">
                {result.width} × {result.height} · {bytes(result.size_bytes ?? 0)}
              </span>
            )}
          </figcaption>
        </figure>
        {match && (
          <figure>
            {result.matched_image_id === null ? (
              <div className="picture-large missing elsewhere">
                {result.source_url === null ? (
                  <span>{t('matchNotYours')}</span>
                ) : (
                  <a href={result.source_url} target="_blank" rel="noreferrer noopener">
                    <Icon name="link" /> {new URL(result.source_url).host}
                  </a>
                )}
              </div>
            ) : (
              <Picture
                src={result.source_url}
                alt={matched?.filename ?? t('matchOther')}
                className="picture-large"
                eager
              />
            )}
            <figcaption>
              <strong className="truncate">
                {matched?.filename ?? (result.matched_image_id === null ? t('matchReference') : t('matchOther'))}
              </strong>
              <span className="faint">{t(matched ? 'matchSameRequest' : 'matchElsewhere')}</span>
            </figcaption>
          </figure>
        )}
      </div>
      {match ? (
        <dl className="facts">
          <div>
            <dt>{t('relation')}</dt>
            <dd>{relationName(match.relation)}</dd>
          </div>
          <div>
            <dt>{t('matchScore')}</dt>
            <dd>{percent(match.score, 1)}</dd>
          </div>
          <div>
            <dt>{t('transformation')}</dt>
            <dd>
              {match.transformation.length === 0 ? (
                t('transformationNone')
              ) : (
                <span className="chips">
                  {match.transformation.map((step) => (
                    <span key={step} className="badge duplicate">
                      {stepName(step)}
                    </span>
                  ))}
                </span>
              )}
            </dd>
          </div>
        </dl>
      ) : (
        <p className="soft">{t('matchNone')}</p>
      )}
    </section>
  );
}
