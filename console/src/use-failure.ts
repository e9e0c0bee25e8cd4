import { useCallback } from 'react';
import { failureOf } from './api.js';
import { useI18n } from './i18n/i18n.js';
import { useToast } from './ui/toasts.js';

/** What went wrong in a sentence: the service's own, or that it was not reached. */
export function useFailureSentence() {
  const { t } = useI18n();
  return useCallback(
    (error: unknown) => {
      const { code, message } = failureOf(error);
      return code === 'offline' ? t('serviceNotReached') : message;
    },
    [t],
  );
}

/** Says in the corner what went wrong, where the screen has no place for it. */
export function useFailureToast() {
  const say = useToast();
  const sentenceOf = useFailureSentence();
  return useCallback((error: unknown) => say(sentenceOf(error), { bad: true }), [say, sentenceOf]);
}
