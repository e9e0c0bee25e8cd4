import type { en } from './en.js';

/** Forms of a text that counts something: each language uses those that its grammar has. */
export interface Plural {
  one?: string;
  few?: string;
  many?: string;
  other: string;
}

type English = typeof en;
export type MessageKey = keyof English;

/** What every language has to say: a key left out, or one too many, is a type error. */
export type Messages = { [Key in MessageKey]: English[Key] extends string ? string : Plural };

type TextOf<Value> = Value extends { other: infer Other } ? Other : Value;
type PlaceholdersIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | PlaceholdersIn<Rest> : never;

/** The values that a text needs, by the English one's placeholders; `count` chooses the plural form. */
export type ValuesOf<Key extends MessageKey> = [PlaceholdersIn<TextOf<English[Key]>>] extends [never]
  ? []
  : [values: Record<PlaceholdersIn<TextOf<English[Key]>>, string | number>];

/** Those that need no values: for tables of keys. */
export type PlainKey = { [Key in MessageKey]: ValuesOf<Key> extends [] ? Key : never }[MessageKey];
