/** One thing that a client, a specification or an attacker may hold us to. Tests cite it by its id in their names. */
export interface Requirement {
  readonly id: string
  /** The section that says so, or the client that needs it. */
  readonly source: string
  /** What is observable from outside when it holds. */
  readonly behaviour: string
  /** Where it is shown when no test of the fast suite can: a citation there makes this entry stale, and the gate says so. */
  readonly elsewhere?: string
}

const rfc = (number: number, section: string) => `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`
const MCP = 'https://modelcontextprotocol.io/specification/2025-11-25/basic'
const BEST_PRACTICES = 'https://modelcontextprotocol.io/docs/2025-11-25/tutorials/security/security_best_practices'

const rule = (number: number, source: string, behaviour: string, elsewhere?: string): Requirement => ({
  id: `rule ${number}`,
  source,
  behaviour,
  ...(elsewhere === undefined ? {} : { elsewhere }),
})
const thing = (id: string, source: string, behaviour: string): Requirement => ({ id, source, behaviour })

/** What real clients need: rules 1 to 42 of the field research of 2026-11-21. */
const COMPATIBILITY: readonly Requirement[] = [
  rule(
    1,
    `${MCP}/authorization#protected-resource-metadata-discovery-requirements`,
    'a call without a token is 401 before anything else, for GET, HEAD and POST',
  ),
  rule(
    2,
    rfc(6750, '3'),
    'one challenge, `Bearer` first, quoted, with resource_metadata on the same origin and the scope needed',
  ),
  rule(3, rfc(9728, '3.1'), 'the resource document stands at the path-inserted place and at the root'),
  rule(4, rfc(9728, '3.3'), '`resource` is what the person typed'),
  rule(5, rfc(8414, '2'), 'one authorization server, in the bytes of its issuer'),
  rule(6, 'Codex, LibreChat, n8n, clients of 2025-03-26', 'the server document is found under the resource too'),
  rule(7, 'every SDK, VS Code, claude.ai', 'authorize, token and register stand where clients guess them'),
  rule(
    8,
    'https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata',
    'discovery is whole or 404, never limited, never 5xx',
  ),
  rule(9, rfc(8414, '2'), 'the server document has what clients read, and no null'),
  rule(
    10,
    'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization',
    'offline_access is named by the authorization server alone',
  ),
  rule(11, 'TypeScript and Python SDKs', 'no redirects; URLs come from the configuration'),
  rule(
    12,
    'mcp-remote, Codex (5 s), claude.ai (10 s)',
    'every endpoint answers within five seconds',
    'tests/stack, through Traefik',
  ),
  rule(13, rfc(7591, '3.2.1'), 'a registration is answered by 201 with an echo and no null'),
  rule(14, rfc(7591, '2'), 'no secret for a public client; a default secret for one that names no method'),
  rule(15, rfc(6749, '2.3.1'), 'ids and secrets need no escaping, and both ways of escaping are read'),
  rule(16, rfc(6749, '3.3'), 'unknown and empty scopes are dropped, never refused'),
  rule(17, rfc(7591, '2'), 'missing and unoffered grant types are taken'),
  rule(18, rfc(8252, '7.1'), 'redirect URIs are judged by themselves: https, loopback http, app schemes'),
  rule(19, rfc(8252, '7.3'), 'the port of a loopback redirect URI is free'),
  rule(20, 'Claude Code, Python SDK, VS Code', 'a client that authorised is never forgotten'),
  rule(21, 'claude.ai, mcp-remote, FastMCP', 'an unknown client is 400 at /authorize, 401 at /token'),
  rule(
    22,
    'https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/',
    'client id metadata documents',
    'a later issue: not advertised until it works',
  ),
  rule(23, 'FastMCP, mcp-remote', 'GET /authorize may be repeated, also by a program without cookies'),
  rule(24, rfc(6749, '4.1.2'), 'any state, prompt and unknown parameter is taken; PKCE S256 is required'),
  rule(25, rfc(8707, '2'), 'the resource may be left out, spelled with a slash, or repeated'),
  rule(26, rfc(9207, '2'), '`iss` comes with every answer, success or error'),
  rule(27, rfc(9700, '4.12'), 'no form-action on pages, no 307, and a second click repeats the first'),
  rule(28, rfc(6749, '4.1.2'), 'a code lives sixty seconds'),
  rule(29, rfc(6749, '5.1'), 'the token answer has every member, no null, no-store'),
  rule(30, 'claude.ai, ChatGPT', 'a refresh token always comes'),
  rule(31, rfc(6749, '5.2'), 'a refresh fails by invalid_grant or invalid_client alone, and takes any scope'),
  rule(
    32,
    'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization',
    'refresh tokens rotate, with two minutes of grace',
  ),
  rule(33, rfc(6749, '6'), 'a refresh returns a new refresh token'),
  rule(34, 'Python SDK', 'an access token is taken a minute past its end'),
  rule(35, rfc(7009, '2.2'), 'a revocation by a public client is always 200'),
  rule(36, rfc(6750, '3.1'), '403 is insufficient_scope with all scopes; a policy’s no is a JSON-RPC error'),
  rule(37, 'TypeScript SDKs, VS Code', 'a token works at once'),
  rule(38, `${MCP}/transports#session-management`, 'a lost session is 404, never 401'),
  rule(39, 'mcp-remote 0.1.38 and 0.15.1', 'no header is taken for the era'),
  rule(40, 'Claude Code, FastMCP, TypeScript client v2', 'server/discover never becomes a 5xx'),
  rule(41, 'browser-based clients', 'CORS on everything but /authorize, on errors too'),
  rule(42, 'rmcp, claude.ai', 'real names, port 443, no bot rules', 'docs: nothing to test on one machine'),
]

/** The decisions of the design that are observable over HTTP on one process. */
const DECISIONS: readonly Requirement[] = [
  thing('decision 1', rfc(9068, '4'), 'no grant record, no entry; an outage is 503, never 401 or invalid_grant'),
  thing(
    'decision 2',
    rfc(9700, '4.14.2'),
    'the old refresh token yields the same successor in the grace and ends the family after it',
  ),
  thing('decision 3', rfc(6749, '4.1.2'), 'a replayed code ends its grant only when everything else is right'),
  thing('decision 5', BEST_PRACTICES, 'consent is per client, redirect URI, scopes and resource, bound to the browser'),
  thing('decision 6', rfc(8707, '2.2'), 'a token is for one server, or for all that the person may use'),
  thing('decision 7', rfc(9700, '4.13'), 'who calls is told in headers and a signed assertion for that server'),
  thing('decision 8', rfc(6750, '3.1'), 'what a person can never do is a JSON-RPC error with 200'),
]

/** Cases of attacks and faults. */
const CASES: readonly Requirement[] = [
  thing('REG-03', rfc(8252, '8.3'), 'http redirect URIs are for loopback alone, by its exact names'),
  thing('REG-04', rfc(7591, '2'), 'malformed redirect URIs are refused'),
  thing('REG-06', rfc(8252, '7.3'), 'loopback redirect URIs may be registered'),
  thing('REG-08', rfc(7591, '3.2.1'), 'ids, secrets and tokens are the server’s to choose'),
  thing('REG-13', rfc(7592, '2'), 'only its own token manages a client'),
  thing('REG-15', rfc(7592, '2.3'), 'deleting a client ends its tokens'),
  thing('AUT-01', rfc(9700, '4.1'), 'an unknown client or redirect URI stops on a page'),
  thing('AUT-03', rfc(7636, '4.4.1'), 'no code without PKCE S256'),
  thing('AUT-05', rfc(6749, '3.1.1'), 'no response type but code'),
  thing('AUT-06', rfc(6749, '4.1.2'), 'state comes back byte for byte'),
  thing('AUT-07', rfc(9101, '6.1'), 'request objects are refused, and never fetched'),
  thing('AUT-08', rfc(9207, '2.4'), 'iss is there exactly once'),
  thing('AUT-09', 'https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest', 'prompt=none never signs in silently'),
  thing('AUT-11', rfc(9700, '2.6'), 'no CORS at /authorize'),
  thing('CON-01', BEST_PRACTICES, 'the consent page names client, destination, server and scopes'),
  thing('CON-03', BEST_PRACTICES, 'the browser that approved is the browser that returns'),
  thing('CON-05', BEST_PRACTICES, 'a client with another’s name is asked about again'),
  thing('CON-06', rfc(6749, '4.1.2.1'), 'a denial reaches the client and stays one'),
  thing('CON-08', rfc(6749, '4.1.2'), 'one approval yields one code, however often it is posted'),
  thing('CON-09', BEST_PRACTICES, 'cookies are __Host-, HttpOnly and kept by browsers'),
  thing('CON-12', rfc(9700, '4.16'), 'pages cannot be framed'),
  thing('CON-16', 'GitHub: logins change hands', 'a person is the provider’s immutable id'),
  thing('CBK-01', BEST_PRACTICES, 'a callback without a known state stops on a page'),
  thing('CBK-03', rfc(9700, '4.7'), 'a callback in another browser is refused'),
  thing('CBK-04', rfc(6749, '4.1.2.1'), 'a provider’s no and a provider’s fault are told in our words'),
  thing('TOK-01', rfc(9068, '2.2'), 'a good exchange answers as RFC 6749 and RFC 9068 say'),
  thing('TOK-02', rfc(7636, '4.6'), 'a wrong verifier neither passes nor spends the code'),
  thing('TOK-04', rfc(6749, '4.1.3'), 'a code is bound to its client'),
  thing('TOK-05', rfc(6749, '4.1.3'), 'a code is bound to its redirect URI and resource'),
  thing('TOK-08', rfc(6749, '4.1.2'), 'parallel redemptions have one winner'),
  thing('TOK-09', rfc(6749, '4.1.2'), 'an old code is refused'),
  thing('REF-01', rfc(9700, '4.14.2'), 'every refresh rotates'),
  thing('REF-03', rfc(9700, '4.14.2'), 'parallel refreshes have one successor'),
  thing('REF-05', rfc(6749, '6'), 'a refresh token is bound to its client'),
  thing('REF-06', rfc(8707, '2.2'), 'a refresh never widens'),
  thing('REF-07', rfc(9700, '4.14.2'), 'an unused refresh token ends'),
  thing('REF-09', rfc(9068, '5'), 'no kind of token passes for another'),
  thing('REV-01', rfc(7009, '2.1'), 'revoking a refresh token ends the family; a stranger cannot'),
  thing('REV-02', rfc(7009, '2.2'), 'an unknown token is revoked by 200'),
  thing('JWT-01', rfc(8725, '3.1'), 'no algorithm of the caller’s choice'),
  thing('JWT-06', rfc(8725, '3.11'), 'only an at+jwt is an access token'),
  thing('JWT-08', rfc(9068, '4'), 'the time of a token is kept'),
  thing('JWT-09', rfc(8725, '3.6'), 'absurd tokens are refused quickly'),
  thing('VER-03', rfc(6750, '2'), 'a token counts in one Authorization header alone'),
  thing('VER-04', rfc(9700, '4.13'), 'identity headers come from us alone'),
  thing('VER-12', 'oauth2-proxy GHSA-7rh7, GHSA-pxq7, GHSA-5hvv', 'no part of a URL or name of a caller skips the question'),
  thing('VER-17', `${MCP}/authorization#access-token-privilege-restriction`, 'the client’s token never reaches a server'),
  thing('AUD-01', rfc(8707, '3'), 'a token for one server is refused at the other'),
  thing('AUD-03', rfc(8707, '2'), 'without a resource the only server is meant'),
  thing('AUD-06', rfc(9700, '4.13'), 'no header of a request reaches a URL of ours'),
  thing('AUD-08', rfc(8414, '3.1'), 'an issuer with a path has every well-known form'),
  thing('SCP-01', `${MCP}/authorization#runtime-insufficient-scope-errors`, 'a lacking scope is named with those there are'),
  thing('OPS-02', 'OWASP ASVS 5.0 V6.3.1', 'password guesses are slowed down'),
  thing('WEB-01', 'OWASP ASVS 5.0 V3.4', 'pages carry CSP, nosniff, no-referrer and no-store'),
  thing('LOG-02', 'OWASP ASVS 5.0 V16.4.1', 'a log line is one line'),
  thing('RES-01', 'OWASP ASVS 5.0 V2.4', 'bodies have a limit in either framing'),
  thing('FLT-01', rfc(9110, '15.6.4'), 'a store outage is 503 with Retry-After'),
  thing('FLT-11', rfc(9700, '4.14.2'), 'a lost refresh answer loses nothing'),
  thing('FLT-15', rfc(9110, '15.6.3'), 'a provider’s outage is a page'),
  thing('CFG-01', 'OWASP ASVS 5.0 V13.3', 'weak or missing secrets are refused at start, and never printed'),
  thing('CFG-02', rfc(8414, '2'), 'an issuer that is no issuer is refused at start'),
  thing('CFG-04', 'secure defaults', 'an empty allow list is nobody'),
]

export const REQUIREMENTS: readonly Requirement[] = [...COMPATIBILITY, ...DECISIONS, ...CASES]
