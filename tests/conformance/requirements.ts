import { CASES } from './cases.ts'

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
    'a client id metadata document is a client: fetched safely, cached, and known for a while without its host',
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

/** Cases that no test shows yet, because what they are about is not built, or is shown elsewhere. The gate fails when a test cites one. */
const BACKLOG: ReadonlySet<string> = new Set(
  [
    'VER-15',
    'SCP-05',
    'BRG-01 BRG-02 BRG-03 BRG-05 BRG-06 BRG-07 BRG-09 BRG-11 BRG-12 BRG-13 BRG-15 BRG-17 BRG-18 BRG-19 BRG-21 BRG-23 BRG-24',
    'SIG-01 SIG-02 SIG-04 SIG-06 SIG-07 SIG-09 SIG-10 SIG-11',
    'RES-02 RES-04 RES-06',
    'FLT-03 FLT-04 FLT-06 FLT-07 FLT-21',
    'CFG-05 CFG-06',
  ].flatMap((area) => area.split(' ')),
)

const ATTACKS_AND_FAULTS = CASES.map(
  ([id, behaviour, source]): Requirement =>
    BACKLOG.has(id) ? { id, behaviour, source, elsewhere: 'not yet' } : { id, behaviour, source },
)

export const REQUIREMENTS: readonly Requirement[] = [...COMPATIBILITY, ...DECISIONS, ...ATTACKS_AND_FAULTS]
