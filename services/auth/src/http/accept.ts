/** The weight that an Accept header gives to exactly this media type: 0 to 1; 0 when it does not name it (RFC 9110 §12.5.1). */
export function weightOf(accept: string | undefined, type: string): number {
  const [, parameters] =
    (accept ?? '')
      .toLowerCase()
      .split(',')
      .map((range) => range.split(';'))
      .map(([essence = '', ...rest]) => [essence.trim(), rest.join(';')] as const)
      .find(([essence]) => essence === type) ?? []
  if (parameters === undefined) return 0
  const weight = Number(/(?:^|;)\s*q=([\d.]+)/.exec(parameters)?.[1] ?? 1)
  return Number.isNaN(weight) ? 0 : weight
}
