/** The shape of results: frozen objects of plain data. */

/** The properties of `T` without its methods, as `toJSON` gives them. */
export type PlainData<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K];
};
