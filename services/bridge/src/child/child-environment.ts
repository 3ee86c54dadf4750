/** What a program needs to run at all. Nothing else of the bridge's own environment reaches a child: it holds secrets. */
const BASICS = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM']

/**
 * The whole environment of a child.
 * @param named - what the servers file names for it; wins over the basics
 */
export function childEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  named: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of BASICS) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, ...named }
}
