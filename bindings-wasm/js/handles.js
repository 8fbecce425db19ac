// What JavaScript holds is an object; what the core knows of it is behind it, out of reach: an object that was not
// handed out by the core proves nothing.

const handles = /* @__PURE__ */ new WeakMap();

/** Puts `handle`, an object of the WebAssembly module, behind `object`. */
export function hold(object, handle) {
  handles.set(object, handle);
  return object;
}

/** The handle behind `object`, which has to be a `Type` of the WebAssembly module. */
export function handleOf(object, Type, what) {
  const handle = behind(object, Type);
  if (!handle) throw new TypeError(`expected ${what}, made by this module and not used up`);
  return handle;
}

/** The handle behind `object`, if it is a `Type` of the WebAssembly module. */
export function behind(object, Type) {
  const handle = handles.get(object);
  return handle instanceof Type ? handle : undefined;
}

/** The handle behind `object`, for the last time. */
export function takeHandle(object, Type, what) {
  const handle = handleOf(object, Type, what);
  handles.delete(object);
  return handle;
}
