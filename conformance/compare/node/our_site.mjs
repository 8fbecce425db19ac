// Our sites: sessions that are sealed in a cookie, or kept in a store. Their provider is asked for nothing.

const { Site } = await import(process.env.RELYINGPARTY);

/** A site that knows whose `work.session` is. */
export function siteOf(work, options = {}) {
  const { issuer, client_id, client_secret, session } = work;
  return new Site({
    base_url: session.base_url,
    providers: [{ issuer, client_id, client_secret }],
    sealing_keys: [Uint8Array.from(session.sealing_key)],
    ...options,
  });
}

/** Asks a site who a browser with this cookie is: yields the subject. */
export function reader(site, work, cookie) {
  const headers = { ...Object.fromEntries(work.session.headers), cookie };
  return async () => (await site.visit({ method: 'GET', url: '/inbox', headers })).session.claims.sub;
}
