/** A score from 0 to 1 in two digits, cut off instead of rounded: what is shown as 0.85 has reached it. */
export const scoreText = (score: number) => (Math.floor(score * 100 + 1e-9) / 100).toFixed(2);
