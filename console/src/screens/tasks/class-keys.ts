/** The key of each class, in order; U is for undoing. */
export const classKeys = [...'1234567890qwertyiopasdfghjklzxcvbnm'];
