import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';

const names: Partial<Record<string, PlainKey>> = {
  corrupt: 'findingCorrupt',
  analysis_failed: 'findingFailed',
  too_small: 'findingTooSmall',
  low_detail: 'findingLowDetail',
  ai_metadata: 'findingMetadata',
  camera_metadata: 'findingCamera',
  c2pa_invalid: 'findingC2paInvalid',
};

/** What the analysis found beside the scores, with the place in the file where it names one (`ai_metadata:exif`). */
export function useFindingName() {
  const { t } = useI18n();
  return (finding: string): string => {
    const [, code = '', place] = /^(\w+)(?::(.+))?$/.exec(finding) ?? [];
    const key = names[code];
    if (!key) return finding;
    return place === undefined ? t(key) : `${t(key)}: ${place}`;
  };
}
