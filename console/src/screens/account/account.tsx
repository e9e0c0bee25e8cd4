import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client, failureOf } from '../../api.js';
import { useI18n } from '../../i18n/i18n.js';
import { useMe } from '../../me.js';
import { dropSession } from '../../session-tokens.js';
import { Button } from '../../ui/button.js';
import { ErrorNote, Skeleton } from '../../ui/feedback.js';
import { TextField } from '../../ui/field.js';
import { Form } from '../../ui/form.js';
import { NewPasswordField } from '../../ui/new-password-field.js';
import { Page } from '../../ui/page.js';
import { useToast } from '../../ui/toasts.js';
import { roleNames } from '../admin/role-names.js';
import { Tokens } from './tokens.js';

export default function Account() {
  const { t } = useI18n();
  return (
    <Page title={t('navAccount')} lead={t('accountLead')}>
      <div className="columns">
        <div className="stack">
          <Profile />
          <Sessions />
          <Tokens />
        </div>
        <Password />
      </div>
    </Page>
  );
}

function Profile() {
  const { t } = useI18n();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(me.name);
  const save = useMutation({
    mutationFn: () => client.users.update.mutate({ id: me.id, name }),
    onSuccess: () => {
      say(t('saved'));
      void queries.invalidateQueries({ queryKey: ['me'] });
    },
  });
  return (
    <Form className="card padded stack" onSend={() => save.mutate()}>
      <h2>{t('profile')}</h2>
      {save.error && <ErrorNote error={save.error} />}
      <TextField label={t('name')} required value={name} onChange={({ target }) => setName(target.value)} />
      <dl className="stack tight">
        <div className="row">
          <dt className="faint">{t('email')}</dt>
          <dd>{me.email}</dd>
        </div>
        <div className="row">
          <dt className="faint">{t('roles')}</dt>
          <dd className="chips">
            {me.roles.length === 0 ? t('noRole') : null}
            {me.roles.map((role) => (
              <span key={role} className="badge accent">
                {t(roleNames[role][0])}
              </span>
            ))}
          </dd>
        </div>
      </dl>
      <div className="dialog-foot">
        <Button kind="primary" type="submit" disabled={name === me.name} busy={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </Form>
  );
}

function Password() {
  const { t } = useI18n();
  const say = useToast();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => client.auth.changePassword.mutate({ current_password: current, new_password: next }),
    onSuccess: () => {
      say(t('passwordChanged'));
      setCurrent('');
      setNext('');
    },
  });
  const fields = change.error ? failureOf(change.error).fields : {};
  return (
    <Form className="card padded stack" onSend={() => change.mutate()}>
      <h2>{t('changePassword')}</h2>
      {change.error && Object.keys(fields).length === 0 && <ErrorNote error={change.error} />}
      <TextField
        label={t('currentPassword')}
        type="password"
        autoComplete="current-password"
        required
        errors={fields.current_password}
        value={current}
        onChange={({ target }) => setCurrent(target.value)}
      />
      <NewPasswordField label={t('newPassword')} errors={fields.new_password} value={next} onChange={setNext} />
      <Button kind="primary" type="submit" busy={change.isPending}>
        {t('changePassword')}
      </Button>
    </Form>
  );
}

function Sessions() {
  const { t, moment } = useI18n();
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ['sessions'], queryFn: () => client.sessions.list.query({ limit: 50 }) });
  const end = useMutation({
    mutationFn: (id: string) => client.sessions.end.mutate({ session_id: id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const everywhere = useMutation({
    mutationFn: () => client.sessions.logOutEverywhere.mutate(),
    onSuccess: dropSession,
  });
  const failed = list.error ?? end.error ?? everywhere.error;
  return (
    <section className="card padded stack" aria-labelledby="sessions">
      <div className="row between">
        <h2 id="sessions">{t('sessions')}</h2>
        <Button size="small" busy={everywhere.isPending} onClick={() => everywhere.mutate()}>
          {t('signOutEverywhere')}
        </Button>
      </div>
      {failed && <ErrorNote error={failed} />}
      {list.isPending && <Skeleton rows={2} />}
      <ul className="stack tight">
        {list.data?.map((session) => (
          <li key={session.id} className="row between">
            <div className="grow">
              <div className="truncate">{session.user_agent ?? t('sessionUnknown')}</div>
              <div className="faint">
                {session.ip !== null && `${session.ip} · `}
                {t('sessionSince', { date: moment(session.created_at) })}
              </div>
            </div>
            {session.current ? (
              <span className="badge good">{t('sessionHere')}</span>
            ) : (
              <Button
                size="small"
                aria-label={`${t('sessionEnd')}: ${session.user_agent ?? ''} ${moment(session.created_at)}`}
                onClick={() => end.mutate(session.id)}
              >
                {t('sessionEnd')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
