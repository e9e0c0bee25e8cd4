import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client } from './api.js';
import { useI18n } from './i18n/i18n.js';
import { useMe } from './me.js';
import { Button } from './ui/button.js';
import { ErrorNote, Notice } from './ui/feedback.js';

/** While nobody administers the system: the offer to do it, to whoever does not. */
export default function ClaimBanner() {
  const { t } = useI18n();
  const me = useMe();
  const queries = useQueryClient();
  const welcome = useQuery({ queryKey: ['welcome'], queryFn: () => client.service.welcome.query() });
  const claim = useMutation({
    mutationFn: () => client.users.grantRole.mutate({ id: me.id, role_code: 'SUPER_ADMIN' }),
    onSettled: () => queries.invalidateQueries(),
  });
  if (welcome.data?.awaits_first_admin !== true) return null;
  return (
    <div className="page" style={{ marginBottom: 24 }}>
      <Notice kind="info">
        <strong>{t('freshTitle')}</strong>
        <span>{t('claimLead')}</span>
        {claim.error && <ErrorNote error={claim.error} />}
        <Button kind="primary" size="small" busy={claim.isPending} onClick={() => claim.mutate()}>
          {t('claimAdministration')}
        </Button>
      </Notice>
    </div>
  );
}
