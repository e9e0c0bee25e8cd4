import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useToast } from '../../ui/toasts.js';
import { useFailureToast } from '../../use-failure.js';

/** Has a test sent to a webhook. */
export function useWebhookTest(webhookId: string) {
  const { t } = useI18n();
  const say = useToast();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.webhooks.test.mutate({ webhook_id: webhookId }),
    onSuccess: () => say(t('webhookTestSent')),
    onError: useFailureToast(),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries', webhookId] }),
  });
}
