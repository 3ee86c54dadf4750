/** Every way to write an address of this machine or of its network that some parser takes for one. */
export function addressSpellings(port: number): string[] {
  const hosts = [...TARGETS.flatMap(ipv4Spellings), ...IPV6, ...NAMES]
  const plain = hosts.flatMap((host) => [`https://${host}:${port}/c.json`, `http://${host}:${port}/c.json`])
  return [...new Set([...plain, ...detours(`localhost:${port}`), ...detours(`127.0.0.1:${port}`)])]
}

const TARGETS = ['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '169.254.169.254', '172.17.0.1', '192.168.1.1']

function ipv4Spellings(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const number = ((a * 256 + b) * 256 + c) * 256 + d
  const hex = (value: number) => `0x${value.toString(16)}`
  const octal = (value: number) => `0${value.toString(8)}`
  const wide = (text: string) => text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  return [
    address,
    `${address}.`,
    String(number),
    hex(number),
    hex(number).toUpperCase(),
    octal(number),
    `${hex(a)}.${hex(b)}.${hex(c)}.${hex(d)}`,
    `${octal(a)}.${octal(b)}.${octal(c)}.${octal(d)}`,
    `${octal(a)}.${b}.${hex(c)}.${d}`,
    `${a}.${b * 65_536 + c * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${String(a).padStart(4, '0')}.${b}.${c}.${d}`,
    wide(address),
    address.replaceAll('.', '。'),
    address.replaceAll('.', '%2e'),
    `%3${String(a).charAt(0)}${address.slice(1)}`,
    `[::${address}]`,
    `[::ffff:${address}]`,
    `[::FFFF:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}]`,
    `[64:ff9b::${address}]`,
    `[2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::]`,
  ]
}

const IPV6 = [
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::0001]',
  '[::1%25lo]',
  '[fe80::1]',
  '[fe80::1%25eth0]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '[2001:db8::1]',
  '[2001::1]',
  '[::ffff:0:127.0.0.1]',
  '[100::1]',
]

const NAMES = [
  'localhost',
  'LOCALHOST',
  'LocalHost',
  'localhost.',
  'localhost.localdomain',
  'sub.localhost',
  'ip6-localhost',
  'ip6-loopback',
  'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  'local%68ost',
  'lo\u00adcalhost',
  'localhost%00',
  'localhost%2eevil.test',
  'host.docker.internal',
  'redis',
  'metadata.google.internal',
  '127.0.0.1.nip.test',
  'private-answer.test',
]

/** Ways to hide the host behind another, or to write the address so that a parser repairs it. */
const detours = (inside: string): string[] => [
  `https://public.test@${inside}/c`,
  `https://public.test:443@${inside}/c`,
  `https://public.test%40${inside}/c`,
  `https://public.test\\@${inside}/c`,
  `https://${inside}\\@public.test/c`,
  `https://${inside}#@public.test/c`,
  `https://${inside}?@public.test/c`,
  `https:\\\\${inside}\\c`,
  `https:/${inside}/c`,
  `https:${inside}/c`,
  `https:///${inside}/c`,
  `https:////${inside}/c`,
  `//${inside}/c`,
  ` https://${inside}/c`,
  `\thttps://${inside}/c`,
  `ht\ntps://${inside}/c`,
  `https://${inside.replace(':', '\t:')}/c`,
  `https://[${inside.split(':')[0]}]:1/c`,
  `HTTPS://${inside}/c`,
  `hTtP://${inside}/c`,
  `ftp://${inside}/c`,
  `ws://${inside}/c`,
  `file://${inside}/c`,
  `gopher://${inside}/_GET`,
  `dict://${inside}/info`,
  `data:application/json,{"client_id":"${inside}"}`,
  `jar:https://${inside}!/c`,
  `blob:https://${inside}/c`,
  `view-source:https://${inside}/c`,
  `https://${inside}/../c`,
  `https://${inside}/%2e%2e/c`,
  `https://${inside}/c#`,
]
