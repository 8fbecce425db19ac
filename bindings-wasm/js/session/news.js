// What the tabs of a browser tell each other: that something changed, and never what. Who hears it reads the storage.

/** `{ tell(notice), close() }` of the tabs that have a session of this name; `hear(notice)` is called in all others. */
export function news(name, hear) {
  let channel;
  try {
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (typeof data?.kind === 'string') hear(data);
    };
  } catch {
    // Without channels there is the event of the storage.
  }
  // Of localStorage alone, and not in the tab that wrote.
  const stored = ({ key, storageArea }) => {
    if ((key === null || key.startsWith(name)) && isLocal(storageArea)) hear({ kind: 'stored' });
  };
  addEventListener('storage', stored);
  return {
    tell(notice) {
      try {
        channel?.postMessage(notice);
      } catch {
        // It was closed.
      }
    },
    close() {
      channel?.close();
      removeEventListener('storage', stored);
    },
  };
}

function isLocal(area) {
  try {
    return area === localStorage;
  } catch {
    return false;
  }
}
