import '../tasks/annotate.css';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type Request } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { ErrorNote } from '../../ui/feedback.js';
import { Picture } from '../../ui/picture.js';
import { useToast } from '../../ui/toasts.js';
import { useKeys } from '../../use-keys.js';
import { keysOfClasses } from '../tasks/class-keys.js';
import { ClassList } from '../tasks/class-list.js';

export interface GoldAnswerProps {
  request: Request;
  image: { image_id: string; filename: string; url?: string; preview_url: string | null };
  answer: readonly string[];
  onNext: () => void;
  onClose: () => void;
}

/** Says which labels a picture is known to deserve, by the keys that labelers use. */
export function GoldAnswer({ request, image, answer, onNext, onClose }: GoldAnswerProps) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  const [labels, setLabels] = useState(answer);
  const save = useMutation({
    mutationFn: (given: readonly string[]) =>
      client.tasks.setGold.mutate({
        request_id: request.id,
        images: [{ image_id: image.image_id, labels: [...given] }],
      }),
    onSuccess: ({ gold_images: count }) => {
      say(t('goldSaved', { count }));
      void queries.invalidateQueries({ queryKey: ['gold', request.id] });
      void queries.invalidateQueries({ queryKey: ['label-quality', request.id] });
      onNext();
    },
  });
  const toggle = (name: string) =>
    setLabels((present) => (present.includes(name) ? present.filter((other) => other !== name) : [...present, name]));

  useKeys(keysOfClasses(request.classes, toggle));

  return (
    <Dialog broad title={image.filename} onClose={onClose}>
      <div className="workbench">
        <div className="easel">
          <Picture src={image.url ?? image.preview_url} alt={image.filename} className="easel-picture" eager />
        </div>
        <div className="stack">
          <h3>{t('goldAnswer')}</h3>
          <ClassList classes={request.classes} chosen={labels} disabled={false} onChoose={toggle} />
          {save.error && <ErrorNote error={save.error} />}
          <Button
            kind="primary"
            icon="check"
            disabled={labels.length === 0}
            busy={save.isPending}
            onClick={() => save.mutate(labels)}
          >
            {t('goldSave')}
          </Button>
          {answer.length > 0 && (
            <Button busy={save.isPending} onClick={() => save.mutate([])}>
              {t('goldRemove')}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
