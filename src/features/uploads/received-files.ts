/** A picture that has passed inspection and lies in storage under its own key. */
export interface ReceivedFile {
  filename: string;
  key: string;
  etag: string;
  contentType: 'image/jpeg' | 'image/png' | 'image/webp';
  bytes: number;
  /** Lowercase hex. */
  sha256: string;
  width: number;
  height: number;
}

export interface RejectedFile {
  filename: string;
  /** Machine-readable: `not_an_image`, `too_large`, `too_many_pixels`, `truncated`, `animated`, `trailing_data`… */
  code: string;
  /** A sentence for a person. */
  message: string;
}

export interface ReceivedFiles {
  stored: ReceivedFile[];
  rejected: RejectedFile[];
}
