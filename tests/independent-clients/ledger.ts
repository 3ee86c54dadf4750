/** Which values of which metadata members have been used for real. */
export interface Ledger {
  /** Takes it down. @param value - of a list: the one that was used */
  shows(member: string, value?: string): void
  /** What the metadata says and nobody used: `member`, or `member: value`. */
  unshown(metadata: object): string[]
}

export function createLedger(): Ledger {
  const used = new Set<string>()
  const placeOf = (member: string, value?: string) => (value === undefined ? member : `${member}: ${value}`)
  return {
    shows: (member, value) => void used.add(placeOf(member, value)),
    unshown: (metadata) =>
      Object.entries(metadata)
        .flatMap(([member, value]: [string, unknown]) =>
          Array.isArray(value) ? value.map((each) => placeOf(member, String(each))) : [placeOf(member)],
        )
        .filter((place) => !used.has(place)),
  }
}
