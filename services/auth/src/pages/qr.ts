import { encode } from 'uqr'
import { type Html, html } from './html.ts'

/** White modules around the code: scanners need four (ISO/IEC 18004 §5.3.8). */
const QUIET_ZONE = 4
/** Pixels of a module when nothing says how large the picture shall be. */
const MODULE_PIXELS = 8

/** Modules from top to bottom; true is dark. */
type Modules = readonly (readonly boolean[])[]

const modulesOf = (text: string): Modules => encode(text, { ecc: 'M', border: QUIET_ZONE }).data

/** A QR code as a picture that needs nothing else: dark on white whatever is around it, because scanners want it so. */
export function qrSvg(text: string, label: string): Html {
  const modules = modulesOf(text)
  const size = modules.length
  const pixels = size * MODULE_PIXELS
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 ${size} ${size}" width="${pixels}" height="${pixels}" role="img" aria-label="${label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${modules.flatMap(runsOf).join('')}"/></svg>`
}

/** The dark runs of one row, as one rectangle each. */
const runsOf = (row: readonly boolean[], y: number): string[] =>
  row.flatMap((dark, x) => {
    if (!dark || row[x - 1]) return []
    const end = row.indexOf(false, x)
    const width = (end < 0 ? row.length : end) - x
    return [`M${x} ${y}h${width}v1h-${width}z`]
  })

/** A QR code for a terminal: two rows a line, light modules as blocks, as it must be on a dark background. */
export function qrText(text: string): string {
  const modules = modulesOf(text)
  const lines: string[] = []
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower] = [modules[y], modules[y + 1]]
    lines.push(upper.map((dark, x) => block(!dark, lower !== undefined && !lower[x])).join(''))
  }
  return `${lines.join('\n')}\n`
}

const block = (upperIsLight: boolean, lowerIsLight: boolean): string => {
  if (upperIsLight) return lowerIsLight ? '█' : '▀'
  return lowerIsLight ? '▄' : ' '
}
