/** The key of each class, in order; U is for undoing. */
export const classKeys = Array.from('1234567890qwertyiopasdfghjklzxcvbnm');
