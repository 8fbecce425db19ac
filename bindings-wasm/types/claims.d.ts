/**
 * The claims about an end user. The standard claims (OIDC Core 5.1) are checked when they are read: one of the wrong type is
 * absent here, and is as the provider sent it in `raw_claims`. Other claims are as the provider sent them, of any type.
 *
 * Numbers are those of `JSON.parse`: beyond 2^53 they are rounded.
 */
export interface Claims {
  /** The issuer. In UserInfo only if the response was signed. */
  readonly iss?: string;
  /** The end user's identifier at this issuer. Only `iss` and `sub` together identify a user; an e-mail address does not. */
  readonly sub: string;
  /** The full name, as it is to be displayed. */
  readonly name?: string;
  /** The given names or first names. */
  readonly given_name?: string;
  /** The surnames or last names. */
  readonly family_name?: string;
  /** The middle names. */
  readonly middle_name?: string;
  /** A casual name. */
  readonly nickname?: string;
  /** What the end user wants to be called. It is not unique and can change: never look a user up by it. */
  readonly preferred_username?: string;
  /** The URL of the profile page. Text from outside. */
  readonly profile?: string;
  /** The URL of the profile picture. Text from outside. */
  readonly picture?: string;
  /** The URL of the end user's own page or blog. Text from outside. */
  readonly website?: string;
  /** The preferred e-mail address. It is not unique and can change: never look a user up by it. See `email_verified`. */
  readonly email?: string;
  /** Whether the provider vouches for `email`. Some providers send a string: see `email_verified_lenient`. */
  readonly email_verified?: boolean;
  /** The gender: `female`, `male` or another word. */
  readonly gender?: string;
  /** The birthday: `YYYY-MM-DD`, `0000-MM-DD` without a year, or `YYYY` alone. */
  readonly birthdate?: string;
  /** The time zone, such as `Europe/Paris`. */
  readonly zoneinfo?: string;
  /** The language, such as `en-US`. */
  readonly locale?: string;
  /** The preferred telephone number, such as `+1 (425) 555-1212`. See `phone_number_verified`. */
  readonly phone_number?: string;
  /** Whether the provider vouches for `phone_number`. */
  readonly phone_number_verified?: boolean;
  /** The preferred postal address. */
  readonly address?: Address;
  /** When the end user's information was last updated, in Unix seconds. */
  readonly updated_at?: number;
  /** Any other claim, of any type: check it before you use it. */
  readonly [claim: string]: unknown;
}

/** A postal address (OIDC Core 5.1.1). A member of the wrong type is absent. */
export interface Address {
  /** The whole address as on a label, with line breaks. */
  readonly formatted?: string;
  /** Street, house number and the like, possibly on several lines. */
  readonly street_address?: string;
  /** The city. */
  readonly locality?: string;
  /** The state, province or region. */
  readonly region?: string;
  /** The postal code. */
  readonly postal_code?: string;
  /** The name of the country. */
  readonly country?: string;
}

/** The claims of a verified ID token. */
export interface IdTokenClaims extends Claims {
  /** The issuer. */
  readonly iss: string;
  /** The audience; this client is in it. */
  readonly aud: string | readonly string[];
  /** When the ID token expires, in Unix seconds. Your session may live longer. */
  readonly exp: number;
  /** When the ID token was issued, in Unix seconds. */
  readonly iat: number;
}

/** One check that was made of a login, a token or a response. Secret values are described, not shown. */
export interface Decision {
  /** What was checked, for example `iss` or `signature`. */
  readonly check: string;
  /** The section of the specification that requires it, for example `OIDC Core 3.1.3.7`. */
  readonly rule: string;
  /** The value that was required. */
  readonly expected: string;
  /** The value that was found. It can be text from outside: escape it. */
  readonly found: string;
  /** Whether the check passed. */
  readonly passed: boolean;
}

/** Claims that passed every check, with the checks. */
export interface Verified<T extends Claims = Claims> {
  /** The claims. A standard claim of the wrong type is absent. */
  readonly claims: T;
  /** The claims exactly as the provider sent them, of any type. `console.log`, `JSON.stringify` and spreading leave them out. */
  readonly raw_claims: Readonly<Record<string, unknown>>;
  /** Whether the provider vouches for `email`: only a JSON `true` counts. */
  readonly email_verified: boolean;
  /** The same for providers that send the string `"true"` (Apple, Cognito, LinkedIn). */
  readonly email_verified_lenient: boolean;
  /** The checks that were made, in order. `console.log`, `JSON.stringify` and spreading leave them out. */
  readonly decisions: readonly Decision[];
}
