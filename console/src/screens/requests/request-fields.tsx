import type { FieldErrors } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { TextArea, TextField } from '../../ui/field.js';

/** What a request asks for, as it is typed: classes in one text. */
export interface RequestDraft {
  title: string;
  description: string;
  classes: string;
}

/** Those that say themselves what is wrong with them. */
export const requestFields = ['title', 'description', 'classes'];

export const classesIn = (text: string) =>
  [...new Set(text.split(/[\n,;]/).map((name) => name.trim()))].filter(Boolean);

export interface RequestFieldsProps {
  draft: RequestDraft;
  errors: FieldErrors;
  onChange: (draft: RequestDraft) => void;
}

export function RequestFields({ draft, errors, onChange }: RequestFieldsProps) {
  const { t } = useI18n();
  return (
    <>
      <TextField
        label={t('title')}
        required
        maxLength={300}
        placeholder={t('titleExample')}
        errors={errors.title}
        value={draft.title}
        onChange={({ target }) => onChange({ ...draft, title: target.value })}
      />
      <TextArea
        label={t('description')}
        hint={t('descriptionHint')}
        errors={errors.description}
        value={draft.description}
        onChange={({ target }) => onChange({ ...draft, description: target.value })}
      />
      <TextArea
        label={t('classes')}
        hint={t('classesHint')}
        placeholder={t('classesExample')}
        errors={errors.classes}
        value={draft.classes}
        onChange={({ target }) => onChange({ ...draft, classes: target.value })}
      />
    </>
  );
}
