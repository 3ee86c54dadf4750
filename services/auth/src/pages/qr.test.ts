import jsqr from 'jsqr'
import { describe, expect, it } from 'vitest'
import { qrSvg, qrText } from './qr.ts'

/** The default export of a CommonJS module, as Node and as the type checker see it. */
const read = (jsqr as unknown as { default?: typeof jsqr.default }).default ?? (jsqr as unknown as typeof jsqr.default)

const TEXTS = [
  'http://localhost:8080/device?user_code=WDJB-MJHT',
  'https://gate.example/tools/mcp-gate/device?user_code=BCDF-GHJK',
  `https://${'a-long-name.'.repeat(15)}example/device?user_code=XXXX-XXXX`,
]
const PIXELS = 4

/** What a camera would say to this picture: `isLight` of each module, painted large. */
function scan(isLight: readonly (readonly boolean[])[]): string | undefined {
  const width = (isLight[0]?.length ?? 0) * PIXELS
  const height = isLight.length * PIXELS
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = isLight[Math.floor(y / PIXELS)]?.[Math.floor(x / PIXELS)] ? 255 : 0
      pixels.fill(value, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return read(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data
}

describe('a QR code', () => {
  it.each(TEXTS)('as a picture says %s', (text) => {
    const { markup } = qrSvg(text, 'label')
    const size = Number(/viewBox="0 0 (\d+) /.exec(markup)?.[1])
    const light = Array.from({ length: size }, () => Array<boolean>(size).fill(true))
    for (const [, x, y, width] of markup.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
      light[Number(y)]?.fill(false, Number(x), Number(x) + Number(width))
    }
    expect(scan(light)).toBe(text)
    for (const edge of [0, 1, 2, 3, size - 4, size - 1]) expect(light[edge]).not.toContain(false)
  })

  it.each(TEXTS)('in a terminal says %s', (text) => {
    const lines = qrText(text).trimEnd().split('\n')
    const light = lines.flatMap((line) => [
      [...line].map((character) => '█▀'.includes(character)),
      [...line].map((character) => '█▄'.includes(character)),
    ])
    expect(new Set(lines.map((line) => line.length)).size).toBe(1)
    expect(scan(light)).toBe(text)
  })

  it('escapes its label', () => {
    expect(qrSvg('x', '"><script>').markup).toContain('aria-label="&quot;&gt;&lt;script&gt;"')
  })
})
