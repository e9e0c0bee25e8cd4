import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useI18n } from './i18n/i18n.js';
import type { PlainKey } from './i18n/messages.js';
import { administers, administersAll, isClinician, labels, ordersData, seesRequests, useMe } from './me.js';
import { Preferences } from './preferences.js';
import { signOut } from './sign-out.js';
import { Button } from './ui/button.js';
import { Icon, type IconName } from './ui/icon.js';
import { OfflineNote } from './ui/offline-note.js';

const ClaimBanner = lazy(() => import('./claim-banner.js'));

interface Item {
  href: string;
  icon: IconName;
  label: PlainKey;
  /** Only for whoever administers all organizations. */
  ofAll?: boolean;
}

const adminItems: Item[] = [
  { href: '/admin/users', icon: 'users', label: 'navUsers' },
  { href: '/admin/organizations', icon: 'organization', label: 'navOrganizations', ofAll: true },
  { href: '/admin/work', icon: 'tasks', label: 'navAssignments' },
  { href: '/admin/metrics', icon: 'metrics', label: 'navMetrics' },
  { href: '/admin/cameras', icon: 'camera', label: 'navCameras' },
  { href: '/admin/references', icon: 'reference', label: 'navReferences', ofAll: true },
  { href: '/admin/audit', icon: 'audit', label: 'navAudit' },
  { href: '/admin/settings', icon: 'settings', label: 'navSettings' },
  { href: '/admin/system', icon: 'system', label: 'navSystem' },
];

/** Navigation beside the screen; on a phone behind a button. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const me = useMe();
  const [location] = useLocation();
  const [openAt, setOpenAt] = useState<string>();
  // Whoever has gone elsewhere wants to see it, and no menu before it.
  const open = openAt === location;
  const menu = useRef<HTMLButtonElement>(null);
  const close = () => setOpenAt(undefined);
  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      close();
      menu.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [open]);

  const work: Item[] = [
    ...(seesRequests(me) ? [{ href: '/requests', icon: 'requests', label: 'navRequests' } as const] : []),
    ...(labels(me) ? [{ href: '/tasks', icon: 'tasks', label: 'navTasks' } as const] : []),
    ...(isClinician(me)
      ? [
          { href: '/clinic', icon: 'picture', label: 'navClinic' } as const,
          { href: '/clinic/classify', icon: 'clinic', label: 'navClassify' } as const,
        ]
      : []),
    ...(ordersData(me) ? [{ href: '/webhooks', icon: 'webhook', label: 'navWebhooks' } as const] : []),
  ];
  const links = (items: Item[]) =>
    items.map(({ href, icon, label }) => {
      const here = href === '/clinic' ? location === href : location === href || location.startsWith(`${href}/`);
      return (
        <Link key={href} href={href} aria-current={here ? 'page' : undefined}>
          <Icon name={icon} />
          {t(label)}
        </Link>
      );
    });

  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        {t('skipToContent')}
      </a>
      <header className="topbar">
        <Link href="/" className="brand">
          <img src="/favicon.svg" alt="" />
          Assay
        </Link>
        <Button
          ref={menu}
          kind="plain"
          icon="menu"
          aria-label={t('menu')}
          aria-expanded={open}
          onClick={() => setOpenAt(location)}
        />
      </header>
      {open && <button type="button" className="scrim" aria-label={t('close')} onClick={close} />}
      <aside className={open ? 'sidebar open' : 'sidebar'}>
        <div className="row between">
          <Link href="/" className="brand">
            <img src="/favicon.svg" alt="" />
            Assay
          </Link>
          <Button kind="plain" icon="close" className="close" aria-label={t('close')} onClick={close} />
        </div>
        <nav className="nav" aria-label={t('navigation')}>
          {links(work)}
          {administers(me) && (
            <>
              <div className="nav-title">{t('navAdministration')}</div>
              {links(adminItems.filter(({ ofAll }) => !ofAll || administersAll(me)))}
            </>
          )}
        </nav>
        <div className="sidebar-foot">
          <Preferences />
          <Link href="/account" className="who" aria-current={location === '/account' ? 'page' : undefined}>
            <span className="avatar" aria-hidden="true">
              {me.name.slice(0, 1).toUpperCase()}
            </span>
            <span className="grow">
              <span className="visually-hidden">{t('navAccount')}: </span>
              <span className="truncate" style={{ display: 'block', fontWeight: 560 }}>
                {me.name}
              </span>
              <span className="faint truncate" style={{ display: 'block' }}>
                {me.email}
              </span>
            </span>
          </Link>
          <Button kind="plain" icon="out" size="small" onClick={() => void signOut()}>
            {t('signOut')}
          </Button>
        </div>
      </aside>
      <main className="main" id="main" tabIndex={-1}>
        <OfflineNote />
        {!administers(me) && (
          <Suspense>
            <ClaimBanner />
          </Suspense>
        )}
        {children}
      </main>
    </div>
  );
}
