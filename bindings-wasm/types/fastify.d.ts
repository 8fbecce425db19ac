import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';

import type { Oidc } from './adapters.js';
import type { RelyingPartyError, Site } from './index.js';

export type { Oidc } from './adapters.js';

declare module 'fastify' {
  /** A request of Fastify. */
  interface FastifyRequest {
    /** Whose request it is. The plugin sets it for all routes but the site's own. */
    oidc: Oidc;
  }
}

/** The options of the plugin. */
export interface RelyingPartyPluginOptions {
  /** The site. */
  site: Site;
  /**
   * Shows a visitor that a login or a logout failed. Status and headers are set; send the reply, and return it. Default: the message
   * of the error as text.
   */
  failed?: (error: RelyingPartyError, request: FastifyRequest, reply: FastifyReply) => unknown;
  /** What a proxy takes off the front of every path, such as `/tools`: a login leads back to pages with it. */
  root_path?: string;
}

/**
 * The plugin: it answers the routes of a site, and sets `request.oidc` for all others. It reads forms itself.
 *
 * @example
 * await app.register(relyingparty, { site });
 * app.get('/', { preHandler: requireLogin }, async (request) => request.oidc.session?.claims.sub);
 */
export const relyingparty: FastifyPluginAsync<RelyingPartyPluginOptions>;

/**
 * A `preHandler` for routes of users who are logged in. Who opens a page is sent to log in and comes back; another request gets 401,
 * and 503 if the session cannot be refreshed now.
 */
export function requireLogin(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
