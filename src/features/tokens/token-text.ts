import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'assay_pat_';
const SECRET_BYTES = 32;

/** A new token: a prefix by which people and secret scanners know it, and 256 random bits. */
export const newTokenText = () => PREFIX + randomBytes(SECRET_BYTES).toString('base64url');

/** Whether a Bearer token is, by its looks, a personal access token. */
export const isTokenText = (bearer: string) => bearer.startsWith(PREFIX) && bearer.length < 100;

/** What is stored of it: SHA-256 does for a secret that nobody can guess, and finds its row by index. */
export const hashToken = (text: string) => createHash('sha256').update(text).digest();
