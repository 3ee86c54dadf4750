import type { Server } from '@gatehouse/servers'
import type { Identity } from '../oauth/identity.ts'

/** As JSON. The bridge takes assertions of 16 KB, whose base64url is a third longer than what is in them. */
const NAMES_BYTES = 8192

type Names = Pick<Identity, 'groups' | 'organizations' | 'teams'>

/**
 * The groups, organisations and teams that an assertion for a server names: all, or as many as a header takes. Those that
 * the server's own rules are about come first, so that the bridge decides as we do, however many others there are.
 */
export function fittingNames({ groups, organizations, teams }: Identity, server: Server): Names {
  const all = [...groups, ...organizations, ...teams]
  const ruled = namesInRules(server)
  const kept = new Set<string>()
  let left = NAMES_BYTES
  for (const name of new Set([...all.filter((candidate) => ruled.has(candidate)), ...all])) {
    left -= Buffer.byteLength(JSON.stringify(name)) + 1
    if (left < 0) break
    kept.add(name)
  }
  const isKept = (name: string) => kept.has(name)
  return { groups: groups.filter(isKept), organizations: organizations.filter(isKept), teams: teams.filter(isKept) }
}

const namesInRules = ({ allow = [] }: Server): Set<string> =>
  new Set(
    allow.flatMap((rule) => {
      if (rule.kind === 'group') return rule.group
      if (rule.kind === 'github-org') return rule.org
      return rule.kind === 'github-team' ? rule.team : []
    }),
  )
