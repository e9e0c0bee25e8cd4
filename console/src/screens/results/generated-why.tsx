import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client, type QcResult } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Notice } from '../../ui/feedback.js';
import { lookAgain } from '../../ui/look-again.js';
import { Picture } from '../../ui/picture.js';
import { Table } from '../../ui/table.js';

/** At the map, each of which the service may keep waiting for ten seconds. */
const MOST_LOOKS = 3;

type Fact = NonNullable<QcResult['evidence']>['facts'][number];

const kinds: Record<Fact['kind'], readonly [kind: string, name: PlainKey]> = {
  record: ['generated', 'factRecord'],
  declared: ['generated', 'factDeclared'],
  declared_in_part: ['generated', 'factDeclaredInPart'],
  mentioned: ['warn', 'factMentioned'],
  camera: ['good', 'factCamera'],
  manifest: ['', 'factManifest'],
};

export interface GeneratedWhyProps {
  result: QcResult;
  heatMap: boolean;
  onHeatMap: (shown: boolean) => void;
}

/** Why a picture got its score of being generated: what the pixels and the file say, and where in the picture. */
export function GeneratedWhy({ result, heatMap, onHeatMap }: GeneratedWhyProps) {
  const { t, percent } = useI18n();
  const { evidence } = result;
  const detector = evidence?.detector_score;
  return (
    <section className="stack tight" aria-labelledby="why-title">
      <h3 id="why-title">{t('generatedTitle')}</h3>
      <dl className="facts">
        <div>
          <dt>{t('generatedScore')}</dt>
          <dd>{percent(result.ai_generated_score, 1)}</dd>
        </div>
        <div>
          <dt>{t('detectorScore')}</dt>
          <dd>{typeof detector === 'number' ? percent(detector, 1) : t('unknown')}</dd>
        </div>
      </dl>
      {evidence && evidence.facts.length > 0 ? (
        <Table
          card
          label={t('factKind')}
          rows={evidence.facts}
          keyOf={(_, index) => index}
          columns={[
            {
              title: t('factKind'),
              cell: ({ kind }) => <span className={`badge ${kinds[kind][0]}`}>{t(kinds[kind][1])}</span>,
            },
            { title: t('factSource'), className: 'mono', cell: ({ source }) => source },
            { title: t('factGenerator'), cell: ({ generator }) => generator ?? '–' },
            { title: t('factValue'), className: 'fact-value', cell: ({ value }) => value },
          ]}
        />
      ) : (
        <p className="soft">{t(evidence ? 'noFacts' : 'noEvidence')}</p>
      )}
      <div className="row">
        <Button aria-pressed={heatMap} onClick={() => onHeatMap(!heatMap)}>
          {t(heatMap ? 'hideHeatMap' : 'showHeatMap')} <kbd>H</kbd>
        </Button>
      </div>
      {heatMap && <HeatMap result={result} />}
    </section>
  );
}

function HeatMap({ result }: { result: QcResult }) {
  const { t, percent } = useI18n();
  const [opacity, setOpacity] = useState(0.55);
  const [state, setState] = useState<'making' | 'delayed' | 'shown' | 'failed'>('making');
  const map = useQuery({
    queryKey: ['heat-map', result.image_id],
    queryFn: () => client.images.aiHeatmap.query({ image_id: result.image_id }),
  });
  const url = map.data?.url;
  useEffect(() => {
    if (state !== 'delayed' || url === undefined) return undefined;
    return lookAgain(url, {
      most: MOST_LOOKS,
      onThere: () => setState('making'),
      onGivenUp: () => setState('failed'),
    });
  }, [state, url]);
  if (map.error) return <ErrorNote error={map.error} onRetry={() => void map.refetch()} />;
  return (
    <div className="stack tight">
      {(state === 'making' || state === 'delayed') && (
        <p className="soft" role="status">
          {t('heatMapMaking')}
        </p>
      )}
      {state === 'failed' && <Notice kind="bad">{t('heatMapFailed')}</Notice>}
      <div className="heat-map">
        <Picture src={result.preview_url} alt={result.filename} eager />
        {url !== undefined && (state === 'making' || state === 'shown') && (
          <img
            src={url}
            alt={t('heatMapAlt')}
            className="heat-map-layer"
            style={{ opacity: state === 'shown' ? opacity : 0 }}
            onLoad={() => setState('shown')}
            onError={() => setState('delayed')}
          />
        )}
      </div>
      <div className="slider-row heat-map-slider">
        <label className="faint" htmlFor="heat-map-opacity">
          {t('heatMapStrength')}
        </label>
        <input
          id="heat-map-opacity"
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          onChange={({ target }) => setOpacity(Number(target.value))}
        />
        <output className="mono">{percent(opacity)}</output>
      </div>
      <p className="faint">{t('heatMapLegend')}</p>
    </div>
  );
}
