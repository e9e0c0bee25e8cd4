/** In force until somebody changes them. */
export const DEFAULT_THRESHOLDS = { duplicate_threshold: 0.85, ai_threshold: 0.8 };
