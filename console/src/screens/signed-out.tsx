import './signed-out.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { createClient } from '../../../client/browser.js';
import { client, failureOf } from '../api.js';
import { useI18n } from '../i18n/i18n.js';
import { Preferences } from '../preferences.js';
import { keepSession } from '../session-tokens.js';
import { Button } from '../ui/button.js';
import { ErrorNote, Notice, Skeleton } from '../ui/feedback.js';
import { TextField } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Icon, type IconName } from '../ui/icon.js';
import { NewPasswordField } from '../ui/new-password-field.js';
import { OfflineNote } from '../ui/offline-note.js';

/** What a visitor sees: signing in and registering, and on a fresh system how the first administrator comes about. */
export default function SignedOut() {
  const { t } = useI18n();
  const [location] = useLocation();
  const welcome = useQuery({ queryKey: ['welcome'], queryFn: () => client.service.welcome.query() });
  const fresh = welcome.data?.awaits_first_admin === true;
  const mayRegister = welcome.data?.registration_open === true;
  const registers = mayRegister && (location === '/register' || (fresh && location === '/'));
  useEffect(() => {
    document.title = `${t(registers ? 'register' : 'signIn')} · Assay`;
  }, [registers, t]);
  return (
    <div className="signed-out">
      <main className="signed-out-form">
        <div className="brand">
          <img src="/favicon.svg" alt="" />
          Assay
        </div>
        <div className="stack">
          <OfflineNote />
          {!welcome.isPending && <h1>{t(registers ? (fresh ? 'registerFirst' : 'register') : 'signIn')}</h1>}
          {fresh && (
            <Notice kind="info">
              <strong>{t('freshTitle')}</strong>
              <span>{t('freshLead')}</span>
            </Notice>
          )}
          {welcome.error && <ErrorNote error={welcome.error} onRetry={() => void welcome.refetch()} />}
          {welcome.isPending ? <Skeleton rows={3} height={62} /> : registers ? <Register claims={fresh} /> : <SignIn />}
          {mayRegister && (
            <p className="soft">
              {t(registers ? 'haveAccount' : 'noAccount')}{' '}
              <Link href={registers ? '/sign-in' : '/register'}>{t(registers ? 'signIn' : 'register')}</Link>
            </p>
          )}
          {welcome.data && !mayRegister && <p className="faint">{t('registrationClosed')}</p>}
        </div>
        <div className="signed-out-foot">
          <Preferences />
          <a href="/docs" className="faint">
            {t('apiDocs')}
          </a>
        </div>
      </main>
      <aside className="signed-out-pitch" aria-label={t('about')}>
        <div className="stack">
          <h2>{t('pitchTitle')}</h2>
          <Point icon="picture" title={t('pitchDuplicates')} text={t('pitchDuplicatesText')} />
          <Point icon="search" title={t('pitchGenerated')} text={t('pitchGeneratedText')} />
          <Point icon="tasks" title={t('pitchLabels')} text={t('pitchLabelsText')} />
          <Point icon="clinic" title={t('pitchClinic')} text={t('pitchClinicText')} />
        </div>
      </aside>
    </div>
  );
}

function Point({ icon, title, text }: { icon: IconName; title: string; text: string }) {
  return (
    <div className="point">
      <Icon name={icon} />
      <div>
        <h3>{title}</h3>
        <p>{text}</p>
      </div>
    </div>
  );
}

function SignIn() {
  const { t } = useI18n();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const login = useMutation({
    mutationFn: () => client.auth.login.mutate({ username, password }),
    onSuccess: keepSession,
  });
  return (
    <Form onSend={() => login.mutate()}>
      {login.error && <ErrorNote error={login.error} />}
      <TextField
        label={t('usernameOrEmail')}
        autoComplete="username"
        required
        value={username}
        onChange={({ target }) => setUsername(target.value)}
      />
      <TextField
        label={t('password')}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Button kind="primary" type="submit" className="wide" busy={login.isPending}>
        {t('signIn')}
      </Button>
    </Form>
  );
}

function Register({ claims }: { claims: boolean }) {
  const { t } = useI18n();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [claim, setClaim] = useState(true);
  const register = useMutation({
    mutationFn: async () => {
      await client.users.create.mutate({ name, email, password });
      const session = await client.auth.login.mutate({ email, password });
      if (claims && claim) await claimAdministration(session);
      await keepSession(session);
    },
  });
  const fields = register.error ? failureOf(register.error).fields : {};
  const named = Object.keys(fields).some((field) => ['name', 'email', 'password'].includes(field));
  return (
    <Form onSend={() => register.mutate()}>
      {register.error && !named && <ErrorNote error={register.error} />}
      <TextField
        label={t('name')}
        autoComplete="name"
        required
        errors={fields.name}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      <TextField
        label={t('email')}
        type="email"
        autoComplete="email"
        required
        errors={fields.email}
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <NewPasswordField label={t('password')} errors={fields.password} value={password} onChange={setPassword} />
      {claims && (
        <label className="check">
          <input type="checkbox" checked={claim} onChange={({ target }) => setClaim(target.checked)} />
          <span>
            {t('claimAdministration')}
            <span className="faint" style={{ display: 'block' }}>
              {t('claimAdministrationHint')}
            </span>
          </span>
        </label>
      )}
      <Button kind="primary" type="submit" className="wide" busy={register.isPending}>
        {t('register')}
      </Button>
    </Form>
  );
}

/**
 * Makes whoever just signed in the first administrator, before the page shows him anything. Where somebody was faster, he
 * stays what he is.
 */
async function claimAdministration(session: { access_token: string; user_id: string }): Promise<void> {
  const claimant = createClient({ url: window.location.origin, token: session.access_token });
  await claimant.users.grantRole.mutate({ id: session.user_id, role_code: 'SUPER_ADMIN' }).catch((error: unknown) => {
    if (failureOf(error).code !== 'forbidden') throw error;
  });
}
