// A `fetch` with the token of the session, which is renewed when it is due, and once when an API refuses it.

/** A token's age, in seconds, below which an API that refuses it gets no other one. */
const YOUNG = 5;
/** How long an API that refuses each token gets no other one, in seconds. */
const STUBBORN = 300;

/** `fresh`, `refresh` and `held` are the session's: what it has, renewed if due; renewed in any case; as it is now. */
export function fetching({ rp, limits, clock }, { fresh, refresh, held }) {
  const stubborn = new Map();
  return async (input, init) => {
    const request = new Request(input, init);
    const session = await fresh();
    const again = request.clone();
    const response = await rp.fetchAs(session, limits)(request);
    if (response.status !== 401 || !session.refresh_token) return response;
    const { origin } = new URL(request.url);
    const renewed = await renewedAfter(session, stubborn.get(origin));
    if (!renewed) return response;
    const second = await rp.fetchAs(renewed, limits)(again);
    if (second.status === 401) stubborn.set(origin, clock() + STUBBORN);
    return second;
  };

  /** Other tokens than those that were refused: a clock may be wrong, or a token was revoked. */
  async function renewedAfter(refused, until = 0) {
    const isOther = (session) => session && session.access_token !== refused.access_token;
    const { session, record } = held() ?? {};
    if (isOther(session)) return session;
    const age = clock() - (record?.got_at ?? 0);
    if (until > clock() || (age >= 0 && age < YOUNG)) return undefined;
    const renewed = await refresh().catch(() => undefined);
    return isOther(renewed) ? renewed : undefined;
  }
}
