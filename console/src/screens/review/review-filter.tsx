import type { RouterOutputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import type { Judgements } from './use-judgements.js';

type LabelledImage = RouterOutputs['tasks']['labels'][number];

export type Filter = { of: 'all' | 'unjudged' | 'unlabelled' | 'returned' } | { of: 'class'; name: string };

/** Whether a picture is among those that the filter asks for. */
export function isOf(filter: Filter, image: LabelledImage, judgements: Judgements): boolean {
  switch (filter.of) {
    case 'all':
      return true;
    case 'unjudged':
      return !judgements.has(image.image_id);
    case 'unlabelled':
      return image.labels.length === 0;
    case 'returned':
      return (judgements.get(image.image_id)?.verdict ?? image.review?.verdict) === 'returned';
    case 'class':
      return image.labels.includes(filter.name);
  }
}

export interface ReviewFilterProps {
  value: Filter;
  classes: readonly string[];
  images: readonly LabelledImage[];
  onChange: (filter: Filter) => void;
}

/** Which pictures to look at: those of one class beside each other show what does not belong. */
export function ReviewFilter({ value, classes, images, onChange }: ReviewFilterProps) {
  const { t, number } = useI18n();
  const counts = new Map<string, number>();
  for (const name of images.flatMap(({ labels }) => labels)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (
    <select
      className="select"
      style={{ width: 'auto', maxWidth: 'min(300px, 100%)' }}
      aria-label={t('show')}
      value={value.of === 'class' ? `class:${value.name}` : value.of}
      onChange={({ target: { value: chosen } }) =>
        onChange(
          chosen.startsWith('class:')
            ? { of: 'class', name: chosen.slice('class:'.length) }
            : { of: chosen as Exclude<Filter['of'], 'class'> },
        )
      }
    >
      <option value="all">{t('goldShowAll')}</option>
      <option value="unjudged">{t('reviewUnjudged')}</option>
      <option value="returned">{t('reviewReturned')}</option>
      <option value="unlabelled">{t('reviewWithoutLabel')}</option>
      <optgroup label={t('classes')}>
        {classes.map((name) => (
          <option key={name} value={`class:${name}`}>
            {name} ({number(counts.get(name) ?? 0)})
          </option>
        ))}
      </optgroup>
    </select>
  );
}
