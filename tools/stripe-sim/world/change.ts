/** Sets some of an object's fields, checked against its type. */
export function change<T extends object>(object: T, fields: { readonly [K in keyof T]?: T[K] }): void {
  Object.assign(object, fields);
}
