import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { en } from './en.js';
import type { MessageKey, Messages, Plural, ValuesOf } from './messages.js';

export const languages = { en: 'English', pt: 'Português', ru: 'Русский' } as const;
export type Language = keyof typeof languages;

const KEY = 'assay.language';

/** English comes with the page, the others when they are asked for. */
const load: Record<Language, () => Promise<Messages>> = {
  en: () => Promise.resolve(en),
  pt: async () => (await import('./pt.js')).pt,
  ru: async () => (await import('./ru.js')).ru,
};

export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages];
  const known = wanted
    .map((tag) => tag?.slice(0, 2).toLowerCase())
    .find((tag) => tag !== undefined && tag in languages);
  return (known as Language | undefined) ?? 'en';
}

export interface Translator {
  language: Language;
  setLanguage: (language: Language) => void;
  t: <Key extends MessageKey>(key: Key, ...values: ValuesOf<Key>) => string;
  number: (value: number, options?: Intl.NumberFormatOptions) => string;
  percent: (share: number, digits?: number) => string;
  date: (iso: string) => string;
  moment: (iso: string) => string;
  ago: (iso: string) => string;
  bytes: (bytes: number) => string;
}

const Context = createContext<Translator | undefined>(undefined);

function translator(language: Language, messages: Messages, setLanguage: (language: Language) => void): Translator {
  const rules = new Intl.PluralRules(language);
  const number = (value: number, options?: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(language, options).format(value);
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const moments = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return {
    language,
    setLanguage,
    t: (key, ...given) => {
      const values = (given[0] ?? {}) as Record<string, string | number>;
      const message: string | Plural = messages[key];
      const text = typeof message === 'string' ? message : formOf(message, rules.select(Number(values.count ?? 0)));
      return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const value = values[name] ?? '';
        return typeof value === 'number' ? number(value) : value;
      });
    },
    number,
    percent: (share, digits = 0) =>
      number(share, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }),
    date: (iso) => dates.format(new Date(iso)),
    moment: (iso) => moments.format(new Date(iso)),
    ago: (iso) => {
      const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
      for (const [unit, size] of units) {
        if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
      }
      return relative.format(Math.round(seconds), 'second');
    },
    bytes: (bytes) => {
      const step = byteUnits.findLast(({ size }) => bytes >= size) ?? byteUnits[0];
      const unit = step?.unit ?? 'byte';
      return number(bytes / (step?.size ?? 1), {
        style: 'unit',
        unit,
        unitDisplay: 'short',
        maximumSignificantDigits: 3,
      });
    },
  };
}

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const byteUnits = [
  { unit: 'byte', size: 1 },
  { unit: 'kilobyte', size: 1e3 },
  { unit: 'megabyte', size: 1e6 },
  { unit: 'gigabyte', size: 1e9 },
];

function formOf(message: Plural, rule: Intl.LDMLPluralRule): string {
  return (message as Partial<Record<Intl.LDMLPluralRule, string>>)[rule] ?? message.other;
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, choose] = useState<Language>(preferredLanguage);
  const [loaded, setLoaded] = useState<{ language: Language; messages: Messages }>();
  const setLanguage = useCallback((next: Language) => {
    localStorage.setItem(KEY, next);
    choose(next);
  }, []);
  useEffect(() => {
    let current = true;
    const show = (messages: Messages, spoken: Language) => {
      if (!current) return;
      document.documentElement.lang = spoken;
      setLoaded({ language: spoken, messages });
    };
    // Where a language does not come, English is there.
    void load[language]().then(
      (messages) => show(messages, language),
      () => show(en, 'en'),
    );
    return () => {
      current = false;
    };
  }, [language]);
  const value = useMemo(
    () => loaded && translator(loaded.language, loaded.messages, setLanguage),
    [loaded, setLanguage],
  );
  return value && <Context value={value}>{children}</Context>;
}

export function useI18n(): Translator {
  const value = use(Context);
  if (!value) throw new Error('No LanguageProvider above');
  return value;
}
