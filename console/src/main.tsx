import '@fontsource-variable/inter/index.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/layout.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api.js';
import { App, BASE } from './app.js';
import { LanguageProvider } from './i18n/i18n.js';
import { applyTheme, readTheme } from './theme.js';
import { ToastProvider } from './ui/toasts.js';

applyTheme(readTheme());
if (!window.location.pathname.startsWith(BASE)) window.history.replaceState(null, '', BASE + window.location.search);

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LanguageProvider>
        <ToastProvider>
          <App />
        </ToastProvider>
      </LanguageProvider>
    </QueryClientProvider>
  </StrictMode>,
);
