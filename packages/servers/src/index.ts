export { DEFAULT_SCOPE, type Decision, decide, mayUse, scopesOf } from './policy.ts'
export { isAllowed, matchesGlob, type Person, parseRule, parseRules, type Rule } from './rule.ts'
export {
  type HttpServer,
  isStdioServer,
  parseServers,
  readServersFile,
  type Server,
  ServersFileError,
  type StdioServer,
  serversFileSchema,
} from './servers-file.ts'
