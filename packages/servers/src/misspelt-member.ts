/** Members that keep people out: a slip of the pen in one of these must not open a server. */
const GUARDING_MEMBERS = ['allow', 'scopes', 'disabled', 'limits'] as const

/** One letter wrong, missing, added or swapped with its neighbour. */
const SLIP = 1

/**
 * The guarding member that a name nearly is, or undefined. Entries that people paste carry members of other programs
 * (`autoApprove`, `alwaysAllow`), so what is unknown is let be; `alow` is not.
 */
export function misspeltMember(name: string): string | undefined {
  const lower = name.toLowerCase()
  return GUARDING_MEMBERS.find((member) => name !== member && distance(lower, member) <= SLIP)
}

/** Edits between two short words, a swap of neighbours counted once (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > SLIP) return SLIP + 1
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    const cells = [row]
    rows.push(cells)
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const edit = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + (isSame ? 0 : 1))
      cells.push(isSwap ? Math.min(edit, at(row - 2, column - 2) + 1) : edit)
    }
  }
  return at(a.length, b.length)
}
