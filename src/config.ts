import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import './input-faults.js';
import { packageRoot } from './package-root.js';
import { isTimeZone } from './time-zone.js';

const MIB = 1024 * 1024;

function whole({ min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number }) {
  const range = max === Number.MAX_SAFE_INTEGER ? `, ${min} or more` : ` from ${min} to ${max}`;
  const error = `must be a whole number${range}`;
  return z.coerce.number({ error }).refine((value) => Number.isInteger(value) && value >= min && value <= max, error);
}

const count = (fallback: number, min = 0) => whole({ min }).default(fallback);
const url = z.url({ protocol: /^https?$/, error: 'must be an address that starts with http:// or https://' });
const yesOrNo = z.stringbool({ error: 'must be true or false' }).default(false);
const oneOf = <const Name extends string>(names: readonly [Name, ...Name[]]) =>
  z.enum(names, { error: `must be one of ${names.join(', ')}` });

const environmentSchema = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: whole({ min: 0, max: 65_535 }).default(8000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: url.optional(),
  DATA_DIR: z.string().default('./.data'),
  DATABASE_URL: z
    .string()
    .regex(/^(postgres(ql)?|socket):/, 'must be a postgresql:// URL')
    .optional(),
  STORAGE_URL: z
    .string()
    .regex(/^(file|s3):/, 'must start with file: or s3://')
    .optional(),
  JWT_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= 32, 'must be at least 32 bytes long')
    .optional(),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().min(8, 'must be at least 8 characters long').optional(),
  REGISTRATION: oneOf(['open', 'closed']).default('open'),
  RATE_LIMIT_PER_MINUTE: count(100),
  TRUST_PROXY: yesOrNo,
  CORS_ORIGINS: z.string().default('http://localhost:8080,http://localhost:5173,http://localhost:8501'),
  MAX_FILE_BYTES: count(20 * MIB, 1),
  MAX_FILES_PER_UPLOAD: count(500, 1),
  MAX_IMAGE_PIXELS: count(50_000_000, 1),
  MAX_OPEN_UPLOADS: count(10_000, 1),
  WORKER_PROCESSES: count(1),
  WORKER_THREADS: count(availableParallelism(), 1),
  PICTURE_DEADLINE_SECONDS: whole({ min: 1, max: 86_400 }).default(120),
  DETECTOR: z.string().optional(),
  TIME_ZONE: z.string().refine(isTimeZone, 'must be a name such as America/Sao_Paulo').default('UTC'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  WEBHOOKS_TO_PRIVATE_ADDRESSES: yesOrNo,
  SHUTDOWN_DELAY_SECONDS: whole({ min: 0, max: 60 }).default(5),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export interface Config {
  production: boolean;
  port: number;
  host: string;
  /** What signed URLs start with; no trailing slash. Unset: derived from the port once it is bound. */
  publicUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** Unset: the embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | undefined;
  storageUrl: string;
  /** HS256 key. Unset outside production: generated into `dataDir`. */
  jwtSecret: string | undefined;
  firstAdmin: { email: string; password: string } | undefined;
  registrationOpen: boolean;
  /** Requests a minute and IP; 0 means unlimited. */
  rateLimitPerMinute: number;
  trustProxy: boolean;
  corsOrigins: string[];
  limits: UploadLimits;
  /** Addresses for direct uploads that one user may have open at a time. */
  maxOpenUploads: number;
  workerProcesses: number;
  workerThreads: number;
  /** How long the analysis of a picture may take; the largest that is allowed takes seconds. */
  pictureDeadlineSeconds: number;
  /** Folder with `model.onnx` and `manifest.json`. */
  detectorFolder: string;
  /** Of the IANA database: whose days metrics are told in, unless a caller names another. */
  timeZone: string;
  /** Where traces go, by OTLP over HTTP; unset: nowhere. */
  otlpEndpoint: string | undefined;
  /** Whether webhooks may lead into the service's own network. */
  privateWebhooks: boolean;
  /** How long an API alone goes on taking connections when it is to end, while it says that it is not ready. */
  shutdownDelaySeconds: number;
  logLevel: string;
}

export interface UploadLimits {
  maxFileBytes: number;
  maxFilesPerUpload: number;
  maxImagePixels: number;
}

/** Everything wrong with the environment, one line a variable. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and validates the environment once. An empty value counts as unset.
 * @param options.looksAtPictures whether the process needs the detector's folder to be there.
 * @throws {ConfigError} naming every faulty variable together.
 */
export function loadConfig(
  environment: NodeJS.ProcessEnv = process.env,
  { looksAtPictures = false }: { looksAtPictures?: boolean } = {},
): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const faults = parsed.success
    ? combinationFaults(parsed.data)
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (looksAtPictures && given.DETECTOR !== undefined && !isFolder(given.DETECTOR)) {
    faults.push(`DETECTOR: there is no folder ${resolve(given.DETECTOR)}`);
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.map((fault) => `  ${fault}`).join('\n'));

  const env = parsed.data;
  const dataDir = resolve(env.DATA_DIR);
  return {
    production: env.NODE_ENV === 'production',
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir,
    databaseUrl: env.DATABASE_URL,
    storageUrl: env.STORAGE_URL ?? `file:${join(dataDir, 'storage')}`,
    jwtSecret: env.JWT_SECRET,
    firstAdmin:
      env.ADMIN_EMAIL && env.ADMIN_PASSWORD ? { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD } : undefined,
    registrationOpen: env.REGISTRATION === 'open',
    rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
    trustProxy: env.TRUST_PROXY,
    corsOrigins: env.CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
    limits: {
      maxFileBytes: env.MAX_FILE_BYTES,
      maxFilesPerUpload: env.MAX_FILES_PER_UPLOAD,
      maxImagePixels: env.MAX_IMAGE_PIXELS,
    },
    maxOpenUploads: env.MAX_OPEN_UPLOADS,
    workerProcesses: env.WORKER_PROCESSES,
    workerThreads: env.WORKER_THREADS,
    pictureDeadlineSeconds: env.PICTURE_DEADLINE_SECONDS,
    detectorFolder: resolve(env.DETECTOR ?? join(packageRoot, 'workers', 'detector')),
    timeZone: env.TIME_ZONE,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    privateWebhooks: env.WEBHOOKS_TO_PRIVATE_ADDRESSES,
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS,
    logLevel: env.LOG_LEVEL,
  };
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function combinationFaults(env: z.infer<typeof environmentSchema>): string[] {
  const faults: string[] = [];
  if (env.NODE_ENV === 'production' && !env.JWT_SECRET) faults.push('JWT_SECRET: required when NODE_ENV is production');
  if (env.ADMIN_EMAIL && !env.ADMIN_PASSWORD) faults.push('ADMIN_PASSWORD: required when ADMIN_EMAIL is set');
  if (env.ADMIN_PASSWORD && !env.ADMIN_EMAIL) faults.push('ADMIN_EMAIL: required when ADMIN_PASSWORD is set');
  return faults;
}
