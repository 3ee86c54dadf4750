/**
 * Attacks, faults and edges that a gateway must stand: `request or fault → expected answer`, and who says so. Sources:
 * RFCs, OAuth 2.1, MCP, FAPI 2.0 and ASVS, and the advisories and suites of the projects named.
 */
export const CASES: readonly (readonly [id: string, behaviour: string, source: string])[] = [
  // Registration (RFC 7591/7592)
  [
    'REG-01',
    'valid POST (claude.ai callback) → 201, no-store, unguessable client_id not starting `https://`, defaults echoed',
    'RFC 7591 §3.2.1',
  ],
  [
    'REG-03',
    '`http://` non-loopback, `http://127.0.0.1.evil`, `http://localhost@evil`, userinfo, `http://0.0.0.0` → 400 invalid_redirect_uri',
    'RFC 9700 §2.6',
  ],
  [
    'REG-04',
    'fragment (also empty `#`), wildcard, relative, backslash, NUL, CRLF, >2,048 chars, >20 entries, empty/absent/non-array → 400',
    'RFC 7591, OAuth 2.1',
  ],
  ['REG-06', '`http://127.0.0.1/cb`, `http://[::1]/cb`, `http://localhost/cb` → 201', 'RFC 8252 §7.3'],
  [
    'REG-07',
    'grant `password`/`implicit`, response_type `token`, inconsistent pair → 400 invalid_client_metadata',
    'RFC 7591 §2.1, cloudflare/workers-oauth-provider',
  ],
  ['REG-08', 'caller sends own client_id/secret/registration token → ignored, server values returned', 'node-oidc-provider'],
  [
    'REG-10',
    'client_uri/logo_uri/policy_uri/jwks_uri non-https; private JWK members; jwks+jwks_uri → 400 and zero outbound connections at registration',
    'cloudflare/workers-oauth-provider 0.7.1',
  ],
  [
    'REG-11',
    'Content-Type `text/plain`, `application/json\\t;`, `application/json;`, none; bodies `null` `[]` `"x"` `{` → 400/415 JSON, never 5xx',
    'Fastify CVE-2026-25223, GHSA-573f',
  ],
  [
    'REG-13',
    "RFC 7592 GET/PUT/DELETE with no/wrong/other client's token → 401 (403), no data of others, other client unharmed",
    'node-oidc-provider',
  ],
  ['REG-15', 'DELETE → 204; its access tokens 401 at /verify ≤1 s, refresh refused, /authorize shows a page', 'RFC 7592 §2.3'],
  ['REG-17', 'same metadata registered 1,000× → storage O(1) or reaped ≤24 h if never used', 'pimcore#2038'],
  ['REG-18', 'initial-access-token mode: none/bad/expired → 401 + WWW-Authenticate; good → 201', 'RFC 7591 §3'],
  // CIMD
  [
    'CIM-01',
    'valid document → flow completes; consent shows client_id host and redirect host',
    'MCP 2026-07-28 client-registration',
  ],
  ['CIM-03', 'document client_id differs by case/slash/default port/query → invalid_client page', 'CIMD draft §4.1'],
  ['CIM-06', '301/302/307 from the document host → not followed, error', 'CIMD draft §4'],
  ['CIM-07', '>5 KB by Content-Length, by chunks, by gzip bomb → aborted, RSS flat', 'CIMD draft max size'],
  [
    'CIM-08',
    'headers or body at 1 B/s → abort ≤3 s whole fetch; other /authorize p99 unaffected',
    'cloudflare/workers-oauth-provider',
  ],
  [
    'CIM-09',
    '404/500/204/HTML/bad JSON/array → error page, not cached: the next good fetch works at once',
    'CIMD draft caching MUST NOT',
  ],
  ['CIM-10', 'max-age honoured inside [min,max]; removed redirect_uri is refused after expiry', 'MCP 2026-07-28'],
  ['CIM-12', 'client_secret_* method, client_secret member, private JWK → invalid_client', 'CIMD draft §4.1'],
  ['CIM-13', 'logo_uri/jwks_uri → same SSRF, size and time rules; consent page makes no third-party request', 'CIMD draft logos'],
  [
    'CIM-14',
    'trust list: `https://claude.ai.evil/x`, `https://evil/claude.ai` → refused before any fetch',
    'MCP 2026-07-28 trust policies',
  ],
  ['CIM-15', 'localhost-only redirect → extra warning with host:port on consent', 'MCP 2026-07-28 localhost risks'],
  // Authorize
  [
    'AUT-01',
    'unknown/missing client_id, unregistered or near-miss redirect_uri (slash, case, query, port, sub-domain, %2F) → 400 page, no Location, no IdP contact',
    'RFC 9700 §4.1, cloudflare/workers-oauth-provider',
  ],
  [
    'AUT-03',
    'no challenge, `plain`, no method, `s256`, 42/129 chars, bad charset → redirect error=invalid_request with state and iss',
    'OAuth 2.1, cloudflare/workers-oauth-provider, FAPI 2.0 plain rejected',
  ],
  [
    'AUT-05',
    'response_type token/id_token/none/absent; response_mode fragment/form_post unsupported → error, never a code',
    'FAPI 2.0',
  ],
  [
    'AUT-06',
    'state 4,096 chars, unicode, CRLF, absent → returned byte-exact, absent stays absent, no header injection',
    'FAPI 2.0 long state',
  ],
  ['AUT-07', '`request`, `request_uri` → request_not_supported/request_uri_not_supported, zero fetches', 'OAuth 2.1'],
  [
    'AUT-08',
    'iss present exactly once and equal to metadata issuer in success and every error redirect; flag advertised',
    'RFC 9207, MCP 2026-07-28',
  ],
  ['AUT-09', 'prompt=none without a session → login_required, never a silent code', 'OpenID Connect'],
  ['AUT-11', 'Origin or preflight at /authorize → no Access-Control-Allow-*', 'OAuth 2.1 §3.1'],
  [
    'AUT-13',
    'unverified DCR client, error before sign-in (bad scope) → page with the destination, not an automatic redirect',
    'RFC 9700 §4.11.2',
  ],
  ['AUT-14', "unknown scope or above the client's list → invalid_scope or narrowed and shown; never widened", 'OAuth 2.1'],
  // Consent / sign-in
  [
    'CON-01',
    'page names client, client_id host, redirect host, service, scopes; only an explicit POST approves',
    'MCP security best practices, ASVS 5.0 10.7.2',
  ],
  [
    'CON-03',
    'attacker approves in browser A, victim browser B opens the IdP URL → callback 403, no code, audit event',
    'CVE-2026-27124',
  ],
  [
    'CON-05',
    "client B registered with A's name and other redirect → asked again; key = user+client+redirect+scopes+resource",
    'MCP security best practices',
  ],
  ['CON-06', 'deny → access_denied + state + iss; later "back" and approve → error', 'FAPI 2.0 user rejects'],
  ['CON-08', 'same approval posted 100× in parallel → one transition, one code at most', 'ASVS 5.0 10.4.2'],
  [
    'CON-09',
    'cookies `__Host-`, Secure, HttpOnly, SameSite=Lax, bounded count; tampered → ignored; callback-state cookie set only by the approval answer',
    'MCP security best practices',
  ],
  ['CON-10', 'session id set before sign-in → rotated at sign-in, old id dead', 'oauth2-proxy f24x, ASVS 5.0 V7'],
  ['CON-12', "consent, login, console, error pages → frame-ancestors 'none' + X-Frame-Options DENY", 'RFC 9700 §4.16'],
  [
    'CON-14',
    'XSS corpus in client_name, scope text from `_meta.scopes`, error_description → no script runs in Chromium',
    'MCP security best practices',
  ],
  [
    'CON-16',
    'GitHub login renamed and taken by another person → different `sub` (provider + numeric id), no old grants',
    'ASVS 5.0 10.3.3',
  ],
  [
    'CON-17',
    'user removed from the allow-list → refresh refused and /verify denies within the documented bound',
    'ASVS 5.0 10.4.9',
  ],
  // Callback
  ['CBK-01', 'state missing/unknown/expired/tampered/replayed → 400 page, zero IdP token calls', 'MCP security best practices'],
  ['CBK-03', 'valid code+state without the browser cookie (login CSRF) → 403, nobody signed in', 'RFC 9700 §4.7'],
  [
    'CBK-04',
    'IdP error, or 200 with an error body (GitHub style) → client gets access_denied/server_error + state + iss; IdP text not echoed raw',
    'OAuth 2.1',
  ],
  ['CBK-05', 'ID token: wrong iss/aud/nonce, alg none/HS256, expired, unknown kid, no sub → page, no code', 'ASVS 5.0 10.5.1-4'],
  ['CBK-07', 'start on replica 1, callback on replica 2 → works', 'scale-out'],
  ['CBK-09', 'client updated or deleted between start and callback → page, code never sent to an old redirect', 'fastmcp #4406'],
  // Token
  [
    'TOK-01',
    'success → 200, no-store, Bearer, aud = resource, expires_in ≤3600; at+jwt with iss sub aud client_id iat exp jti; sub never a client-chosen value',
    'RFC 9068, RFC 9700 §4.15',
  ],
  [
    'TOK-02',
    'wrong/missing/42/129-char verifier → 400 invalid_grant|invalid_request; right one still works once within 5 failures',
    'RFC 7636, decision 3',
  ],
  ['TOK-04', "A's code used by B → invalid_grant; A can still redeem", 'FAPI 2.0 bound to client'],
  [
    'TOK-05',
    'redirect_uri mismatch or resource outside the grant → invalid_grant / invalid_target, code not consumed',
    'cloudflare/workers-oauth-provider 0.8.3',
  ],
  [
    'TOK-08',
    '50 parallel valid redemptions over 2 replicas → exactly one 200 and one token set ever made (the duplicates then revoke it, per TOK-06)',
    'OAuth 2.1',
  ],
  ['TOK-09', 'code aged 61 s → invalid_grant', 'ASVS 5.0 10.4.3'],
  [
    'TOK-10',
    'Basic+post together, wrong secret, malformed base64, method other than registered → 400/401 invalid_client with Basic challenge',
    'OAuth 2.1, cloudflare/workers-oauth-provider',
  ],
  [
    'TOK-11',
    'GET, query parameters, JSON, multipart, repeated parameters, `application/json, application/x-www-form-urlencoded` → 4xx JSON, never 5xx',
    'cloudflare/workers-oauth-provider 0.8.3',
  ],
  ['TOK-13', 'unsupported/absent grant_type → unsupported_grant_type/invalid_request', 'OAuth 2.1'],
  [
    'TOK-14',
    '100,000 random codes → 0 hits, throttled, unknown vs expired indistinguishable (body, |Δmedian| <1 ms)',
    'OAuth 2.1 entropy',
  ],
  ['TOK-15', 'CORS at /token: no Allow-Credentials, `null` origin refused', 'RFC 9700 §2.6'],
  // Refresh
  ['REF-01', 'each refresh → new refresh token, same scope; old one dead after grace', 'RFC 9700 §4.14'],
  [
    'REF-03',
    '50 parallel refreshes over 2 replicas → one successor value only: grace mode all 200s carry it, strict mode one 200',
    'decision 2, Ory Hydra',
  ],
  [
    'REF-05',
    'other client, wrong secret, after family revoke, grace replay by another client → refused; victim family unharmed',
    'Ory Hydra',
  ],
  [
    'REF-06',
    'wider scope → invalid_scope, wrong resource → invalid_target, neither consumes; narrower → token narrower, grant unchanged',
    'node-oidc-provider, cloudflare/workers-oauth-provider',
  ],
  ['REF-07', 'absolute and idle expiry hold; rotation does not extend the absolute one', 'ASVS 5.0 10.4.8'],
  ['REF-09', 'refresh token at /verify → 401; access token as refresh → invalid_grant', 'RFC 9068'],
  ['REF-11', '10,000 rotations of one family → storage per family O(1); tokens only hashed in a Redis dump', 'ASVS 5.0 V13'],
  // Revoke / introspect
  [
    'REV-01',
    'revoke refresh → family dead ≤1 s on each replica; revoke access → only that one',
    'RFC 7009, cloudflare/workers-oauth-provider',
  ],
  ['REV-02', 'unknown/garbage/expired, wrong hint → 200; missing token 400; unauthenticated confidential 401', 'RFC 7009'],
  ['REV-05', 'introspect unauthenticated or by a public client → 401', 'RFC 7662'],
  ['REV-06', 'expired/revoked/garbage/foreign audience → exactly {"active":false}', 'RFC 7662'],
  ['REV-07', 'revoke at 1,000 rps of /verify → no request started >1 s after the 200 is allowed', 'target'],
  // JWKS / JWT
  ['JWT-01', 'alg none/None/nOnE/"" ; HS256 with the public key (PEM, JWK, n) → 401', 'RFC 8725 §3.1'],
  ['JWT-03', "kid `../../x`, `*`, `' or 1`, 10 KB, array, null, absent → 401, no pattern lookups", 'RFC 8725'],
  ['JWT-04', 'unknown `crit`, b64=false, zip, nested JWE → 401', 'RFC 7515'],
  ['JWT-06', 'typ JWT/id+jwt/our consent-state JWT with the same key → 401 (only at+jwt)', 'RFC 8725 §3.11'],
  [
    'JWT-07',
    'iss with extra slash, aud wrong or array with a foreign value, exp/nbf/iat wrong type → 401',
    'GHSA-p2fr, RFC 9068 §4',
  ],
  [
    'JWT-08',
    'own tokens: accepted to 60 s past exp (Python clients never refresh on a 401), refused at 120 s; foreign tokens: skew 30 s',
    'target',
  ],
  ['JWT-09', '64 KB token or 10,000 dots → 401/431, ≤50 ms CPU', 'RFC 8725 §3.6'],
  ['JWT-11', 'JWKS: public members only, kid/alg/use, Cache-Control', 'RFC 7517'],
  ['JWT-12', 'a flood of unknown key ids → the store is read once in a while, /verify stays quick', 'target T12'],
  ['JWT-13', 'two replicas boot on an empty store → one active key set, tokens verify both ways', 'scale-out'],
  // Verify / ForwardAuth
  [
    'VER-01',
    'no credentials → 401, Bearer with resource_metadata + scope, no `error`',
    'RFC 6750, RFC 9728, cloudflare/workers-oauth-provider',
  ],
  [
    'VER-02',
    'bad/expired → error="invalid_token"; low scope → 403 insufficient_scope + all scopes + resource_metadata',
    'MCP 2026-07-28',
  ],
  [
    'VER-03',
    'token in query, body or cookie; two Authorization headers; `Basic` → 401/400; scheme case-insensitive',
    'MCP 2026-07-28, RFC 6750',
  ],
  ['VER-04', 'client presets X-Auth-User/-Scopes/-Client with a valid token → backend sees only ours', 'RFC 9700 §4.13'],
  [
    'VER-07',
    'spoofed X-Forwarded-*, X_Forwarded_*, Forwarded, X-Original-URL, X-HTTP-Method-Override → ignored',
    'oauth2-proxy 7x63, Traefik',
  ],
  [
    'VER-08',
    '/verify called straight from outside the proxy CIDR with forged headers → refused',
    'oauth2-proxy #3506, Fastify CVE-2026-16732',
  ],
  [
    'VER-09',
    '/verify, /admin, /metrics, health not publicly routed unless configured → 404',
    'a project that Gatehouse replaces',
  ],
  [
    'VER-11',
    'Host upper-case/trailing dot/port/unknown/double/absolute-form mismatch → 404/400/421, never default allow',
    'a project that Gatehouse replaces',
  ],
  ['VER-12', '`/mcp?x=/healthz`, `#/.well-known`, `User-Agent: GoogleHC/1.0` → 401', 'oauth2-proxy 7rh7, pxq7, 5hvv'],
  [
    'VER-13',
    'OPTIONS, HEAD, TRACE, CONNECT, WebSocket, h2c upgrade → authenticated or refused; zero unauthenticated backend hits',
    'Traefik CVE-2026-71324',
  ],
  ['VER-15', 'auth down/hang/302/oversize reply → backend never reached', 'Traefik forward.go'],
  ['VER-16', 'body above the limit → 413 before ForwardAuth, not a bare 401', 'Traefik forward.go'],
  ['VER-17', "backend/child never receives the client's Authorization or cookies", 'MCP security best practices passthrough'],
  // Multi-resource / audience
  ['AUD-01', 'token for A at B → 401 invalid_token', 'MCP 2026-07-28'],
  [
    'AUD-03',
    'resource absent → single service: default; several: documented default or invalid_target, never "all"',
    'cloudflare/workers-oauth-provider 0.10.1',
  ],
  [
    'AUD-04',
    'resource with fragment, relative, unknown, trailing slash, %-encoding → invalid_target; host case folded',
    'RFC 8707, MCP 2026-07-28',
  ],
  ['AUD-06', 'Host/X-Forwarded-Host poisoning of metadata and redirects → configured issuer only', 'activepieces#15016'],
  ['AUD-08', 'issuer with a path → all three well-known forms per M, issuer string identical', 'RFC 8414 §3.3'],
  // Scopes / policy
  ['SCP-01', 'ungranted tool → 403 insufficient_scope naming all scopes for that call; tool not run', 'MCP 2026-07-28'],
  ['SCP-04', 'Mcp-Name base64 sentinel, padding spaces, repeated, non-ASCII → decoded exactly; mismatch 400', 'MCP 2026-07-28'],
  [
    'SCP-05',
    'duplicate JSON keys, escaped key names, BOM, batch array → policy and child agree, batch 400',
    'parser differential',
  ],
  ['SCP-06', 'user unticks a scope → token lacks it and `scope` says so', 'OAuth 2.1'],
  [
    'SCP-07',
    '`_meta.scopes` with 10,000 entries, HTML, 1 MB or a hang → consent ≤2 s with a bounded list',
    'a project that Gatehouse replaces',
  ],
  // Bridge: protocol and lifecycle
  [
    'BRG-01',
    'bad JSON 400 -32700, batch 400, wrong type 415, unknown method 404 -32601, bad version 400 -32022',
    'MCP 2026-07-28',
  ],
  ['BRG-02', 'invalid Origin 403; foreign Host on loopback 403', 'MCP 2026-07-28, CVE-2025-66414'],
  ['BRG-03', 'GET/DELETE: 405 modern; legacy GET streams, DELETE then 404', 'MCP 2026-07-28'],
  ['BRG-05', 'same JSON-RPC id from 2 clients ×1,000 → answers never cross', 'CVE-2026-25536'],
  ['BRG-06', 'shared child: progress, list-changed and server requests reach only their client', 'ContextForge#2055'],
  ['BRG-07', 'SSE: X-Accel-Buffering no, keep-alive comment ≤30 s, ends after the final response', 'MCP 2026-07-28'],
  ['BRG-09', 'child prints non-JSON, CRLF, blank lines, UTF-8 split over chunks → next message parsed', 'MCP 2026-07-28 stdio'],
  ['BRG-11', '1 GB of stderr → no deadlock, bounded log', 'a project that Gatehouse replaces'],
  [
    'BRG-12',
    'child exits at once / command missing → JSON-RPC error ≤2 s, not a hang; back-off 1,2,4…30 s; readyz false',
    'supergateway #139',
  ],
  ['BRG-13', 'child SIGKILLed mid-call → pending calls fail ≤1 s, next call served ≤2 s', 'fastmcp #499, #1908'],
  ['BRG-15', '1,000 calls with abrupt disconnects → process count back to baseline ≤10 s, 0 zombies', 'supergateway #108, PR148'],
  ['BRG-17', 'bridge kill -9 → children gone ≤5 s', 'supergateway #155'],
  ['BRG-18', 'spawn EAGAIN/ENOENT/EMFILE, EPIPE on stdin → that request fails, bridge lives', 'supergateway #177'],
  ['BRG-19', 'slow reader on a 1 GB stream → back-pressure, RSS +<64 MB', 'reliability'],
  ['BRG-21', 'child never answers → error at the timeout, cancel sent, slot freed', 'MCP 2026-07-28 cancellation'],
  ['BRG-23', '`$(id)`, `;`, `--flag` in any header, path or body → never reaches a shell or argv', 'CVE-2025-6514'],
  ['BRG-24', 'SIGTERM → no new work, drain, children stdin→TERM→KILL, exit 0 ≤10 s', 'MCP 2026-07-28 stdio'],
  ['BRG-25', 'non-root, read-only, cap_drop ALL, no-new-privileges, pids/memory limits effective', 'MCP security best practices'],
  // Signer / HMAC
  ['SIG-01', 'published golden vectors → exact signature in signer and verifier', 'decision 11'],
  ['SIG-02', 'change method, path, query, host, timestamp, key id, one at a time → 401', 'a project that Gatehouse replaces'],
  ['SIG-04', 'timestamp ±299 s ok, ±301 s, ms, negative, empty → 401', 'a project that Gatehouse replaces'],
  [
    'SIG-06',
    '`/a/../b`, %2F, `+`/%20, repeated keys, trailing `?`, newline-in-field → no two requests share a signed string',
    'canonicalisation',
  ],
  ['SIG-07', 'unknown key id vs wrong MAC → same status, body, |Δmedian| <1 ms over 2,000', 'timing'],
  ['SIG-09', 'Host/Origin of a web page at the local listener → 403; bound to 127.0.0.1 only', 'CVE-2025-49596'],
  ['SIG-10', 'upstream redirects elsewhere → not followed or signed; http:// non-loopback upstream refused at start', 'SSRF'],
  [
    'SIG-11',
    'missing/short/placeholder secret → exit ≠0, no listener, value not printed; upstream 401/5xx passed intact, one attempt',
    'a project that Gatehouse replaces',
  ],
  // Operator API / console
  ['OPS-02', '1,000 wrong logins → 429, audit, others not locked out', 'ASVS 5.0 V6'],
  ['OPS-03', 'cross-origin POST, no CSRF value, text/plain JSON → 403', 'ASVS 5.0 V3'],
  ['OPS-05', 'listings never return secrets, tokens, keys; a new secret is shown once', 'ASVS 5.0 V13'],
  ['OPS-06', 'stored XSS from client/user fields → inert in Chromium', 'ASVS 5.0 V1'],
  ['OPS-07', 'revoke user/client/grant → denied at /verify on both replicas ≤1 s; audit line with actor', 'ASVS 5.0 10.4.9'],
  // Headers, web, logs
  ['WEB-01', "every HTML: CSP default-src 'none' + nonce, nosniff, Referrer-Policy no-referrer, no-store", 'RFC 9700 §4.2'],
  ['WEB-02', 'rd/next/return_to = `//evil`, `/\\evil`, `%0d%0a`, `javascript:` → local only', 'oauth2-proxy open redirects'],
  ['WEB-04', 'http POST refused, HSTS; no X-Powered-By/Server; wrong method → 405 + Allow', 'ASVS V12'],
  ['LOG-02', 'CRLF, ANSI, quote-breaking in name, User-Agent, path → one valid JSON line each', 'ASVS 5.0 V16'],
  ['LOG-03', 'audit events for register, consent, deny, issue, replay, revoke, admin, with request id', 'ASVS 5.0 V16'],
  // Resource exhaustion
  ['RES-01', '1 MB, 100 MB, endless chunked body at each POST → 413, RSS +<32 MB; headers 64 KB/1,000 → 431', 'ASVS 5.0 V2'],
  [
    'RES-02',
    'slowhttptest 500 slow headers/bodies/reads for 60 s → valid p99 <1 s, sockets closed at the limit',
    'Node timeouts',
  ],
  [
    'RES-04',
    '100 KB ReDoS corpus at every validator; operator regex `(a+)+$` → ≤50 ms or refused at load',
    'CVE-2026-0621 class',
  ],
  ['RES-06', '500 users behind one egress address → nobody throttled below the per-grant limits', 'pimcore#2038'],
  ['RES-07', 'client-secret check flood → bounded hash concurrency, /verify unharmed', 'ASVS 5.0 V11'],
  // Faults
  [
    'FLT-01',
    'Redis kill -9 → /verify, /token, /register, /authorize 503 + Retry-After; healthz 200, readyz 503; recovers ≤2 s without restart',
    'decision 1',
  ],
  ['FLT-03', 'CLIENT PAUSE 5 s → each answer ≤2 s, no backlog replay after resume', 'ioredis#1014'],
  ['FLT-04', 'toxiproxy +200 ms and 5% resets → ≥99.9% success on retryable calls, p99 ≤1.5 s', 'target'],
  ['FLT-06', 'SCRIPT FLUSH, Redis restart, new container address → reload and reconnect ≤5 s', 'ioredis'],
  [
    'FLT-07',
    'OOM with noeviction; disk full (MISCONF); log disk full → writes 503, reads work, nothing evicted, no crash',
    'Redis',
  ],
  ['FLT-09', 'AOF restart: `always` loses 0 acknowledged grants, `everysec` ≤1 s, as documented', 'Redis WAIT docs'],
  ['FLT-11', 'kill -9 during 1,000 refreshes, client retries → 0 dead families', 'decision 2'],
  [
    'FLT-12',
    "two replicas race one code or one refresh while one is killed → ≤1 winner; the refresh winner's chain works",
    'Ory Hydra',
  ],
  ['FLT-13', 'rolling restart of 2 replicas at 200 rps → 0 failed client requests', 'target'],
  [
    'FLT-15',
    'IdP down, DNS failure, expired TLS, slow → only new sign-ins fail (page ≤10 s); verify and refresh go on',
    'decision 1',
  ],
  ['FLT-16', 'IdP rotates JWKS mid-flow → one refetch, success', 'jose'],
  [
    'FLT-18',
    'signing-key volume lost → starts with new keys; old access 401, refresh works: 0 lost grants',
    'a project that Gatehouse replaces',
  ],
  ['FLT-19', 'SIGTERM under load → in-flight done, exit 0 ≤10 s; SIGHUP harmless', 'Fastify close'],
  ['FLT-21', '`compose up` in any order → converges ≤60 s; crash-loops back off', 'a project that Gatehouse replaces'],
  // Configuration
  [
    'CFG-01',
    'missing/placeholder/short/reused secrets → exit ≠0 before listen, names the variable only',
    'a project that Gatehouse replaces',
  ],
  [
    'CFG-02',
    'issuer http non-loopback, query, fragment → refused; unknown keys, bad regex, duplicate hosts → refused',
    'RFC 8414',
  ],
  ['CFG-04', 'empty user allow-list → deny all; `*` must be explicit', 'default deny'],
  [
    'CFG-05',
    'compose: only Traefik publishes ports, Redis has a password and an internal network, no raw docker.sock',
    'a project that Gatehouse replaces',
  ],
  ['CFG-06', 'lint: every protected router has the middleware; the section-0 Traefik settings are set', 'Traefik'],
  ['CFG-08', 'key/secret rotation with overlap → no sign-out, no 401', 'ASVS 5.0 V11'],
]
