const PRIVATE_V4 = [
  '127.0.0.1', '127.1.2.3', '10.0.0.1', '10.255.255.254', '172.16.0.1', '172.31.255.1', '192.168.1.1', '169.254.169.254', '169.254.79.129',
  '100.64.0.1', '100.100.100.200', '0.0.0.0', '192.0.0.192', '192.0.2.1', '198.18.0.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '240.0.0.1',
  '255.255.255.255', '192.88.99.1', '168.63.129.16',
];

const hex = (n: number, width = 0): string => n.toString(16).padStart(width, '0');

/** Other ways to write an IPv4 address that a URL parser turns back into it. */
function spellings(ip: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const full = [...ip].map((char) => (char === '.' ? '\u3002' : String.fromCodePoint(0xfee0 + (char.codePointAt(0) ?? 0)))).join('');
  return [
    `${whole}`, `0x${hex(whole)}`, `0${whole.toString(8)}`, `0x${hex(a)}.0x${hex(b)}.0x${hex(c)}.0x${hex(d)}`,
    `0${a.toString(8)}.0${b.toString(8)}.0${c.toString(8)}.0${d.toString(8)}`, `${a}.${b}.${c * 256 + d}`, `${a}.${(b * 256 + c) * 256 + d}`, `${ip}.`, full,
  ];
}

/** IPv6 addresses that stand for an IPv4 one: mapped, compatible, translated, 6to4, Teredo, ISATAP. */
function embeddings(ip: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
  const high = hex(a * 256 + b);
  const low = hex(c * 256 + d);
  return [
    `[::ffff:${ip}]`, `[::ffff:${high}:${low}]`, `[::${ip}]`, `[64:ff9b::${ip}]`, `[64:ff9b:1::${high}:${low}]`, `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::1]`, `[fe80::5efe:${ip}]`,
  ];
}

const PRIVATE_V6 = ['[::]', '[::1]', '[fe80::1]', '[fc00::1]', '[fd12:3456::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[2001:1::1]', '[3fff::1]', '[100::1]', '[fd00:ec2::254]', '[4000::1]'];

const NAMES = [
  'localhost', 'LOCALHOST', 'localhost.', 'api.localhost', 'printer.local', 'metadata.google.internal', 'instance-data.ec2.internal', 'metadata', 'ollama',
  'router.lan', 'nas.home', 'wiki.corp', 'vault.intranet', 'db.private', '1.0.0.127.in-addr.arpa', 'box.home.arpa', 'abc.onion', 'api.example.com.', 'api..example.com',
  '-api.example.com', 'api-.example.com', 'api_internal.example.com', 'xn--pi-8ka.example.com', 'api.xn--e1awd7f.com', '\u0430pi.openai.com', 'api.openai\u3002com', 'api.op\u0435nai.com',
  '%31%32%37.0.0.1', '127%2e0.0.1', '%6cocalhost', 'api.example.com%00.evil.com', 'api.example.com%2f@evil.com', 'a'.repeat(64) + '.com', `${'a.'.repeat(130)}com`,
];

const SHAPES = [
  '', ' ', 'api.example.com', '//api.example.com/v1', 'file:///etc/passwd', 'ftp://api.example.com', 'gopher://api.example.com:70/_x', 'ws://api.example.com', 'wss://api.example.com',
  'data:text/plain,x', 'javascript:alert(1)', 'blob:https://api.example.com/x', 'unix:/var/run/docker.sock', 'http+unix://%2Fvar%2Frun%2Fdocker.sock', 'https:api.example.com', 'https:/api.example.com',
  'https:///api.example.com', 'https:\\\\api.example.com', 'https://api.example.com\\@evil.com', 'https://', 'https://:443', 'https://[', 'https://[::1', 'https://[fe80::1%25eth0]/',
  'https://user@api.example.com/v1', 'https://user:pass@api.example.com/v1', 'https://@api.example.com/v1', 'https://:@api.example.com/v1', 'https://api.example.com#@evil.com', 'https://api.example.com/v1#x',
  'https://api.example.com/v1#', 'http://api.example.com/v1', 'HTTP://api.example.com/v1', 'https://api.example.com:80/v1', 'https://api.example.com:22', 'https://api.example.com:25', 'https://api.example.com:6379',
  'https://api.example.com:9001', 'https://api.example.com:0', 'https://api.example.com:65536', 'https://api.example.com:-1', 'https://api.example.com:4 43', 'https://api.example.com:8080', 'http://api.example.com:443',
  'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next', 'http://169.254.79.129:2000', 'http://169.254.169.254/latest/meta-data/', 'http://[fd00:ec2::254]/latest/meta-data/', 'https://api.example.com/v1\r\nhost: evil',
  'https://api.\nexample.com', 'https://api.\texample.com', ' https://api.example.com', 'https://api.example.com ', '\u0000https://api.example.com', 'https://api.example.com/\u0000', 'https://api.example.com/\u00e9',
  `https://api.example.com/${'x'.repeat(2_100)}`, 'https://api.example.com:443:443/', 'https://api.example.com,evil.com/', 'https://api.example.com;evil.com/', 'https://{api}.example.com', 'https://*.example.com',
];

/** Over 300 base URLs that must never be called by a gateway that names no host and is not on its own machine. */
export const HOSTILE_URLS: readonly string[] = [...new Set([
  ...PRIVATE_V4.flatMap((ip) => [`https://${ip}/v1`, `http://${ip}/v1`, `https://${ip}:8443/v1`]),
  ...PRIVATE_V4.slice(0, 12).flatMap((ip) => spellings(ip).map((host) => `https://${host}/v1`)),
  ...PRIVATE_V4.slice(0, 10).flatMap((ip) => embeddings(ip).map((host) => `https://${host}/v1`)),
  ...spellings('8.8.8.8').map((host) => `https://${host}/v1`),
  ...embeddings('8.8.8.8').map((host) => `https://${host}/v1`),
  ...PRIVATE_V6.flatMap((host) => [`https://${host}/v1`, `http://${host}:8443/v1`]),
  ...NAMES.map((host) => `https://${host}/v1`),
  ...SHAPES,
])];
