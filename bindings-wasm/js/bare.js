// Objects whose members are their own. What another script put on `Object.prototype` is a member of every ordinary
// object, an object of options that the runtime reads among them: of these it is none.

/** The value's own member, or undefined. */
export function own(object, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/**
 * A member of the object's own or of its class, whose methods are not its own; never one of `Object.prototype`, of
 * whatever realm.
 */
export function member(object, name) {
  for (let holder = object; holder; ) {
    const above = Object.getPrototypeOf(holder);
    if (Object.hasOwn(holder, name) && (above || holder === object)) return object[name];
    holder = above;
  }
  return undefined;
}

/** Puts a member there for who asks for it by name: it is not listed. */
export function hidden(object, name, value) {
  return Object.defineProperty(object, name, {
    __proto__: null,
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
