import type { Person } from './person.ts'

/** What a host of the official SDKs keeps for one server. `Info` and `Tokens` are the SDK's own types. */
export class MemoryOAuthProvider<Info, Tokens> {
  readonly redirectUrl = 'http://localhost:53917/oauth/callback'
  readonly clientMetadata = {
    client_name: 'SDK host',
    redirect_uris: ['http://localhost:53917/oauth/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  /** How often a browser was needed. */
  browserVisits = 0
  /** The query with which the browser came back last. */
  answer = new URLSearchParams()
  stored: Tokens | undefined
  #info: Info | undefined
  #verifier = ''
  readonly #person: Person

  constructor(person: Person) {
    this.#person = person
  }

  clientInformation(): Info | undefined {
    return this.#info
  }

  saveClientInformation(info: Info): void {
    this.#info = info
  }

  tokens(): Tokens | undefined {
    return this.stored
  }

  saveTokens(tokens: Tokens): void {
    this.stored = tokens
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  invalidateCredentials(what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (what === 'all' || what === 'client') this.#info = undefined
    if (what === 'all' || what === 'tokens') this.stored = undefined
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.browserVisits++
    this.answer = (await this.#person.authorize(url)).searchParams
  }
}
