/** Where an image's heat map lies in storage; made anew, it lies there again. */
export const heatMapKey = (imageId: string) => `heatmaps/${imageId}.webp`;
