import { useState } from 'react';
import { useI18n } from '../../i18n/i18n.js';
import { Icon } from '../../ui/icon.js';
import { SearchField } from '../../ui/search-field.js';
import { classKeys } from './class-keys.js';

export interface ClassListProps {
  classes: readonly string[];
  chosen: readonly string[];
  disabled: boolean;
  onChoose: (name: string) => void;
}

/** Of more classes than this a field to search them is of use. */
const MANY = 12;

export function ClassList({ classes, chosen, disabled, onChoose }: ClassListProps) {
  const { t } = useI18n();
  const [sought, setSought] = useState('');
  if (classes.length === 0) return <p className="soft">{t('noClasses')}</p>;
  const shown = classes
    .map((name, index) => ({ name, key: classKeys[index] }))
    .filter(({ name }) => name.toLowerCase().includes(sought.toLowerCase()));
  return (
    <div className="stack tight">
      {classes.length > MANY && <SearchField label={t('search')} value={sought} onChange={setSought} />}
      <ul className="class-list">
        {shown.map(({ name, key }) => {
          const pressed = chosen.includes(name);
          return (
            <li key={name}>
              <button
                type="button"
                className="class-button"
                aria-pressed={pressed}
                disabled={disabled}
                onClick={() => onChoose(name)}
              >
                {key !== undefined && <kbd>{key.toUpperCase()}</kbd>}
                <span className="grow truncate">{name}</span>
                {pressed && <Icon name="check" />}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
