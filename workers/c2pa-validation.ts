import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AnalysisTask } from './analysis.js';

/** What validating a picture's C2PA manifest store came to. */
export interface C2paValidation {
  /**
   * - `valid`: the signature is good, and the manifest was made for just these bytes. Who signed is on no trust list here.
   * - `intact`: the same, but the certificate has expired since or a rule of form is broken. Genuine files come to this.
   * - `invalid`: the signature, or what it signs, does not fit the picture.
   * - `not_validated`: it could not be read, or the file is too large.
   */
  state: 'valid' | 'intact' | 'invalid' | 'not_validated';
  /** Who signed, as the certificate says, or why the manifest is not valid. */
  detail: string;
  /** The manifests as JSON, unpacked; empty where they could not be read. */
  json: string;
}

const MOST_BYTES = 64 * 1024 * 1024;
/** Nothing is asked of the network: no remote manifests, no revocation lists. */
const CONTEXT = JSON.stringify({
  verify: { verify_after_reading: true, verify_trust: true, remote_manifest_fetch: false, ocsp_fetch: false },
});
/** Failures that leave signature and content bindings as good as they are (C2PA 2.1, 15.2.2). */
const OF_FORM = /^(?:signingCredential\.|timeStamp\.|timeOfSigning\.|assertion\.action\.|assertion\.timestamp\.)/;
/** Expected of a signer who is on no list, since there is none. */
const UNTRUSTED = 'signingCredential.untrusted';

let validator: Promise<typeof import('@contentauth/c2pa-wasm')> | undefined;

/**
 * Validates a C2PA manifest store (C2PA 2.x, content bindings and signatures) by the reference implementation as
 * WebAssembly, which is loaded at the first manifest that a thread meets. There is no trust list: `valid` says that the
 * manifest belongs to the picture and was not changed, not that its signer tells the truth.
 * @throws where the file cannot be read.
 */
export async function validateC2pa({ path, contentType }: AnalysisTask): Promise<C2paValidation> {
  if ((await stat(path)).size > MOST_BYTES) return notValidated('too large');
  const bytes = await readFile(path);
  try {
    validator ??= loadValidator();
    const { WasmReader } = await validator;
    const reader = await WasmReader.fromBytes(contentType, bytes, CONTEXT);
    try {
      return judge(reader.json());
    } finally {
      reader.free();
    }
  } catch (error) {
    // A trap leaves the instance's memory in an unknown state, but the next call allocates anew.
    return notValidated(
      error instanceof Error && error.name === 'RuntimeError' ? 'the validator gave up' : 'unreadable',
    );
  }
}

async function loadValidator() {
  const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm');
  const library = await import('@contentauth/c2pa-wasm');
  library.initSync({ module: new WebAssembly.Module(await readFile(wasm)) });
  return library;
}

interface Store {
  active_manifest?: string;
  manifests?: Record<string, { signature_info?: { issuer?: unknown; common_name?: unknown } }>;
  validation_state?: string;
  validation_status?: { code?: unknown }[];
}

function judge(json: string): C2paValidation {
  const store = JSON.parse(json) as Store;
  const { issuer, common_name: name } = store.manifests?.[store.active_manifest ?? '']?.signature_info ?? {};
  const signer = [name, issuer].filter((part) => typeof part === 'string').join(', ');
  if (store.validation_state === 'Valid' || store.validation_state === 'Trusted') {
    return { state: 'valid', detail: `signed by ${signer || 'an unnamed signer'}, on no trust list`, json };
  }
  const codes = (store.validation_status ?? []).map(({ code }) => String(code)).filter((code) => code !== UNTRUSTED);
  const state = codes.length > 0 && codes.every((code) => OF_FORM.test(code)) ? 'intact' : 'invalid';
  return { state, detail: [...new Set(codes)].join(', ') || 'no reason given', json };
}

function notValidated(reason: string): C2paValidation {
  return { state: 'not_validated', detail: reason, json: '' };
}
