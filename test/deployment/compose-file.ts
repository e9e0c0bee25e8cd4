import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/package-root.js';

export interface ComposeService {
  image: string;
  command?: string | string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  restart?: string;
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  profiles?: string[];
  ports?: string[];
}

const composeText = readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8');

/** What a person puts into `.env`: all that has no default. */
export const secrets: Record<string, string> = {
  POSTGRES_PASSWORD: '0123456789abcdef',
  STORAGE_SECRET_KEY: '0123456789abcdef',
  JWT_SECRET: '0123456789abcdef0123456789abcdef',
  ADMIN_EMAIL: 'admin@example.org',
  ADMIN_PASSWORD: '0123456789abcdef',
};

/**
 * The file as Compose sees it: `${NAME:-default}` and `${NAME:?message}` replaced in its values.
 * @throws {Error} where a required variable is missing.
 */
export function readCompose(environment = secrets): { services: Record<string, ComposeService> } {
  const fillIn = (_key: unknown, value: unknown) =>
    typeof value === 'string' ? interpolate(value, environment) : value;
  return parse(composeText, fillIn, { merge: true }) as { services: Record<string, ComposeService> };
}

function interpolate(text: string, environment: Record<string, string>): string {
  return text.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, operator: string, rest: string) => {
    const value = environment[name];
    if (value) return value;
    if (operator === '?') throw new Error(`${name}: ${rest}`);
    return rest;
  });
}
