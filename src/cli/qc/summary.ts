/** What came of looking at a folder. */
export interface Summary {
  /** Looked at. */
  pictures: number;
  /** That are in a group. */
  duplicates: number;
  groups: number;
  generated: number;
  /** Files and folders that were not looked at. */
  faults: number;
  /** Files that are no pictures by name or content, and links that were not followed. */
  passedOver: { files: number; links: number };
  seconds: number;
}
