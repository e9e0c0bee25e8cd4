const KEY = /^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;
const MAX_LENGTH = 512;

/** Keys are plain relative paths: no empty, hidden or climbing segments, nothing that needs escaping in a URL. */
export function isObjectKey(key: string): boolean {
  return key.length <= MAX_LENGTH && KEY.test(key);
}

/** @throws {TypeError} A key is made by us, so a malformed one is our own fault. */
export function assertObjectKey(key: string): void {
  if (!isObjectKey(key)) throw new TypeError('Malformed object key');
}
