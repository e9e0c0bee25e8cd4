import { Component, type ReactNode } from 'react';
import { useI18n } from '../i18n/i18n.js';
import { Button } from './button.js';
import { Notice } from './feedback.js';
import { Page } from './page.js';

export interface ErrorBoundaryProps {
  /** The screen's address: at another one it is tried anew. */
  at: string;
  children: ReactNode;
}

/** Stands in for a screen that broke, or whose script did not come, so that the rest of the page stays. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidUpdate(before: ErrorBoundaryProps) {
    if (this.state.broken && before.at !== this.props.at) this.setState({ broken: false });
  }

  override render() {
    return this.state.broken ? <BrokenScreen /> : this.props.children;
  }
}

function BrokenScreen() {
  const { t } = useI18n();
  return (
    <Page title={t('screenBroken')}>
      <Notice kind="bad">
        <span>{t('screenBrokenLead')}</span>
        {/* A script that did not come once is asked for again with the page alone. */}
        <Button size="small" icon="retry" onClick={() => window.location.reload()}>
          {t('loadAnew')}
        </Button>
      </Notice>
    </Page>
  );
}
