import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client, type RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { administers, useMe } from '../../me.js';
import { Button } from '../../ui/button.js';
import { ErrorNote } from '../../ui/feedback.js';
import type { Thresholds } from './result-row.js';

export interface SaveThresholdsProps {
  thresholds: Thresholds;
  inForce: RouterOutputs['settings']['thresholds'] | undefined;
  onReset: () => void;
}

/** Once the sliders have been moved: that it is a look only, and for administrators the way to make it hold. */
export function SaveThresholds({ thresholds, inForce, onReset }: SaveThresholdsProps) {
  const { t } = useI18n();
  const me = useMe();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      client.settings.update.mutate({
        duplicate_threshold: thresholds.duplicate,
        ai_threshold: thresholds.generated,
      }),
    onSuccess: (settings) => {
      queries.setQueryData(['thresholds'], settings);
      onReset();
      void queries.invalidateQueries({ queryKey: ['duplicates'] });
    },
  });
  const moved =
    inForce !== undefined &&
    (inForce.duplicate_threshold !== thresholds.duplicate || inForce.ai_threshold !== thresholds.generated);
  if (!moved) return null;
  return (
    <div className="stack tight">
      <div className="row">
        <span className="soft grow">{t('thresholdsMoved')}</span>
        <Button size="small" icon="undo" onClick={onReset}>
          {t('thresholdsReset')}
        </Button>
        {administers(me) && (
          <Button size="small" kind="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {t('thresholdsSave')}
          </Button>
        )}
      </div>
      {save.error && <ErrorNote error={save.error} />}
    </div>
  );
}
