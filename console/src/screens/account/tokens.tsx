import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, type RouterInputs } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Notice } from '../../ui/feedback.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Form } from '../../ui/form.js';

type Scope = NonNullable<RouterInputs['tokens']['create']['scope']>;

/** Tokens for programs: made, shown once, revoked. */
export function Tokens() {
  const { t, date } = useI18n();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('read');
  const refresh = () => queries.invalidateQueries({ queryKey: ['tokens'] });
  const list = useQuery({ queryKey: ['tokens'], queryFn: () => client.tokens.list.query({ limit: 100 }) });
  const create = useMutation({
    mutationFn: () => client.tokens.create.mutate({ name, scope }),
    onSuccess: () => setName(''),
    onSettled: refresh,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => client.tokens.revoke.mutate({ token_id: id }),
    onSettled: refresh,
  });
  const failed = list.error ?? create.error ?? revoke.error;
  return (
    <section className="card padded stack" aria-labelledby="tokens">
      <div>
        <h2 id="tokens">{t('tokens')}</h2>
        <p className="soft">{t('tokensLead')}</p>
      </div>
      {failed && <ErrorNote error={failed} />}
      {create.data && (
        <Notice kind="good">
          <span>{t('tokenMade')}</span>
          <code style={{ overflowWrap: 'anywhere' }}>{create.data.token}</code>
        </Notice>
      )}
      {list.data?.length === 0 && <p className="faint">{t('tokenNone')}</p>}
      <ul className="stack tight">
        {list.data?.map((token) => (
          <li key={token.id} className="row between">
            <div className="grow">
              <div className="truncate">{token.name}</div>
              <div className="faint">
                {t(token.scope === 'read' ? 'tokenRead' : 'tokenWrite')} ·{' '}
                {t('tokenExpires', { date: date(token.expires_at) })}
              </div>
            </div>
            <Button
              size="small"
              aria-label={`${t('tokenRevoke')}: ${token.name}`}
              onClick={() => revoke.mutate(token.id)}
            >
              {t('tokenRevoke')}
            </Button>
          </li>
        ))}
      </ul>
      <Form className="filters" onSend={() => create.mutate()}>
        <TextField label={t('tokenName')} required value={name} onChange={({ target }) => setName(target.value)} />
        <SelectField label={t('tokenScope')} value={scope} onChange={({ target }) => setScope(target.value as Scope)}>
          <option value="read">{t('tokenRead')}</option>
          <option value="write">{t('tokenWrite')}</option>
        </SelectField>
        <Button type="submit" busy={create.isPending}>
          {t('tokenCreate')}
        </Button>
      </Form>
    </section>
  );
}
