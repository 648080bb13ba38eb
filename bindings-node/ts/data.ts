/** The shape of results: frozen objects of plain data. */

/** Keys of an answer that this version does not know. */
export type Extra = Readonly<Record<string, unknown>>;

/** Keys of a class's data, for `toJSON` and constructors. */
export type Data<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K];
};
