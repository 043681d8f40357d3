import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { addressBlock, isLoopbackAddress, isPublicAddress, parseUpstreamUrl, type UpstreamUrlOptions } from '../../functions/core/safe-url.ts';

const CLOSED: UpstreamUrlOptions = { allowHosts: [], allowLoopback: false };
const LOCAL: UpstreamUrlOptions = { allowHosts: [], allowLoopback: true };

const codeOf = (text: string, options = CLOSED): string => {
  const result = parseUpstreamUrl(text, options);
  return result.ok ? 'ok' : result.code;
};

describe('parseUpstreamUrl', () => {
  test('gives every part of a public https URL as it will be used', () => {
    const result = parseUpstreamUrl('https://API.example.com:8443/openai/v1/chat?api-version=2024-10-21', CLOSED);
    expect(result).toEqual({ ok: true, url: {
      protocol: 'https:', host: 'api.example.com', port: 8443, origin: 'https://api.example.com:8443', authority: 'api.example.com:8443',
      path: '/openai/v1/chat?api-version=2024-10-21', literal: false, reach: 'public',
    } });
  });

  test.each([
    ['https://api.openai.com/v1'], ['https://api.anthropic.com'], ['https://generativelanguage.googleapis.com/v1beta/openai'], ['https://bedrock-runtime.us-east-1.amazonaws.com/model/a%3A0/converse'],
    ['https://my-resource.openai.azure.com/openai'], ['https://8.8.8.8/v1'], ['https://[2606:4700::1111]/v1'], ['https://a1.b2.example.co.uk:443/v1/'], ['https://127.0.0.1.nip.io/v1'],
  ])('accepts %s, whose answers are checked when it is connected to', (text) => {
    expect(codeOf(text)).toBe('ok');
  });

  test.each([
    ['ftp://api.example.com', 'scheme'], ['api.example.com/v1', 'scheme'], ['https:api.example.com', 'malformed'], ['https://a b.com', 'malformed'], ['https://api.example.com\\x', 'malformed'],
    ['https://u:p@api.example.com', 'credentials'], ['https://@api.example.com', 'credentials'], ['https://api.example.com/#', 'fragment'], ['http://api.example.com', 'https_required'],
    ['https://api.example.com:9001', 'port'], ['https://localhost/v1', 'host'], ['https://api.example.com.', 'host'], ['https://0x7f000001/', 'host'], ['https://2130706433/', 'host'],
    ['https://127.1/', 'host'], ['https://127.0.0.1/', 'private_address'], ['https://[::ffff:8.8.8.8]/', 'private_address'], ['https://xn--80ak6aa92e.com/', 'host'],
  ])('refuses %s as %s', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test('a refusal says why without a part of the URL', () => {
    const result = parseUpstreamUrl('https://user:hunter2@secret-host.example.com', CLOSED);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/hunter2|secret-host/);
  });

  test('this machine is reachable only where allowed, and then by http and on any port', () => {
    for (const text of ['http://127.0.0.1:9100/v1', 'http://localhost:11434/v1', 'http://LocalHost/', 'https://127.9.9.9:1/', 'http://[::1]:8080/']) {
      expect(codeOf(text, CLOSED)).not.toBe('ok');
      expect(codeOf(text, LOCAL)).toBe('ok');
    }
    for (const text of ['http://2130706433/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/', 'http://0.0.0.0/', 'http://localhost./', 'http://api.localhost/', 'http://10.0.0.1/', 'http://u@127.0.0.1/']) {
      expect(codeOf(text, LOCAL)).not.toBe('ok');
    }
  });

  test('a named host may be private, of one word, plain http; a named port is the only port', () => {
    const named: UpstreamUrlOptions = { allowHosts: ['192.168.1.20:11434', 'ollama', 'GPU.lan', '[fd00::5]:8000'], allowLoopback: false };
    for (const text of ['http://192.168.1.20:11434/v1', 'http://ollama:1234/v1', 'http://ollama/', 'https://gpu.lan/v1', 'http://[fd00::5]:8000/v1']) expect(codeOf(text, named)).toBe('ok');
    for (const text of ['http://192.168.1.20:11435/v1', 'http://192.168.1.21:11434/', 'http://ollama.evil.com/', 'http://evil.gpu.lan/', 'http://u@ollama/', 'http://[fd00::5]/', 'http://ollama./']) expect(codeOf(text, named)).not.toBe('ok');
  });

  test('whatever text it is given, it answers, and what it accepts is https on 443 or 8443 of the host as written', () => {
    const piece = fc.constantFrom('https://', 'http://', 'api', '.', 'example', 'com', '127.0.0.1', '[::1]', '@', ':', '443', '8443', '80', '/', '#', '?', '%2e', '\\', 'xn--a', '0x7f', ' ', '\u3002', '-', '_');
    fc.assert(fc.property(fc.oneof(fc.string(), fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join('')), fc.array(piece, { maxLength: 8 }).map((pieces) => `https://${pieces.join('')}`)), (text) => {
      const result = parseUpstreamUrl(text, CLOSED);
      if (!result.ok) return;
      const { url } = result;
      expect(url.protocol).toBe('https:');
      expect([443, 8443]).toContain(url.port);
      expect(text.toLowerCase().startsWith(`https://${url.host}`)).toBe(true);
      expect(new URL(text).hostname).toBe(url.host);
    }), { numRuns: 3_000 });
  });
});

describe('addresses', () => {
  test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2001:4860:4860::8888', '2001:200::1', '2003::1'])('%s is public', (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });

  test.each([
    '0.0.0.0', '10.1.2.3', '100.64.0.0', '100.127.255.255', '127.0.0.1', '169.254.169.254', '172.16.0.0', '172.31.255.255', '192.168.0.1', '198.19.255.255', '224.0.0.251', '255.255.255.255',
    '::', '::1', '::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::808:808', '2002:808:808::1', '2001:0:4136:e378::1', '2001:1ff:ffff::1', '2001:db8::1', '3fff:fff::1', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1', '4000::1',
    '', 'localhost', '1.1.1', '01.1.1.1', '1.1.1.1.', '256.1.1.1', '1.1.1.1/8', '1::2::3', '2606:::1', '2606:4700', '2606:4700:0:0:0:0:0:0:1', 'g606::1', '2606::1%1', ' 1.1.1.1',
  ])('%s is not public', (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });

  test('loopback is 127.0.0.0/8 and ::1 in any spelling, and no mapped form', () => {
    for (const ip of ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1']) expect(isLoopbackAddress(ip)).toBe(true);
    for (const ip of ['128.0.0.1', '0.0.0.0', '::', '::2', '::ffff:127.0.0.1', '1::1', 'localhost', '']) expect(isLoopbackAddress(ip)).toBe(false);
  });

  test('an address is told from its neighbours as far as one owner reaches', () => {
    const blocks: readonly (readonly [string, string])[] = [
      ['198.51.100.7', '198.51.100.7'], ['::ffff:198.51.100.7', '198.51.100.7'], ['2001:db8:1:2::1', '2001:db8:1:2::/64'], ['2001:DB8:1:2:ffff:0:0:1', '2001:db8:1:2::/64'],
      ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'], ['unknown', 'unknown'], ['', ''],
    ];
    for (const [ip, block] of blocks) expect([ip, addressBlock(ip)]).toEqual([ip, block]);
  });

  test('a compressed IPv6 address is judged like its full form', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x2001, 0x2002, 0xdb8, 0x2606)), { minLength: 8, maxLength: 8 }), (groups) => {
      const full = groups.map((group) => group.toString(16)).join(':');
      const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
      expect(isPublicAddress(short)).toBe(isPublicAddress(full));
    }), { numRuns: 2_000 });
  });
});
