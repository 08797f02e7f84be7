// A value that is whatever it is asked to be, for those who must be put together to say what they are and are never set going: operations of
// the admin API tell their paths and schemas without anybody to answer them.

const target = (): void => {};

/** Any property, any call, any `new` of it is itself; it has no elements. */
export const nothing: unknown = new Proxy(target, {
  get: (_, key) => {
    if (key === Symbol.iterator) return [][Symbol.iterator];
    if (key === Symbol.toPrimitive) return () => 0;
    if (key === "then") return undefined;
    return nothing;
  },
  apply: () => nothing,
  construct: () => nothing as object,
  ownKeys: () => [],
  getOwnPropertyDescriptor: () => undefined,
});
