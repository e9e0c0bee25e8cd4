import { useState } from 'react';
import { languages, useI18n, type Language } from './i18n/i18n.js';
import { applyTheme, readTheme, type Theme } from './theme.js';

/** Language and theme. */
export function Preferences() {
  const { t, language, setLanguage } = useI18n();
  const [theme, setTheme] = useState<Theme>(readTheme);
  const choose = (next: Theme) => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <div className="preferences">
      <select
        className="select"
        aria-label={t('language')}
        value={language}
        onChange={({ target }) => setLanguage(target.value as Language)}
      >
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <select
        className="select"
        aria-label={t('theme')}
        value={theme}
        onChange={({ target }) => choose(target.value as Theme)}
      >
        <option value="system">{t('themeSystem')}</option>
        <option value="light">{t('themeLight')}</option>
        <option value="dark">{t('themeDark')}</option>
      </select>
    </div>
  );
}
