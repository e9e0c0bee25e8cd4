import { useEffect, useRef, type ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon } from './icon.js';

export interface PageProps {
  title: string;
  lead?: ReactNode;
  /** Beside the title. */
  badge?: ReactNode;
  back?: { href: string; label: string };
  actions?: ReactNode;
  children: ReactNode;
}

/** A screen under its heading, which takes the focus when the screen is come to. */
export function Page({ title, lead, badge, back, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);
  useEffect(() => {
    document.title = `${title} · Assay`;
  }, [title]);
  return (
    <div className="page">
      <div className="page-head">
        <div>
          {back && (
            <Link href={back.href} className="crumb">
              <Icon name="back" />
              {back.label}
            </Link>
          )}
          <div className="row">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {badge}
          </div>
          {lead !== undefined && lead !== '' && <p>{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
