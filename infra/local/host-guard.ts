/**
 * Which `Host` headers this server answers to: loopback names, the name or address of `--host`, and that of the public URL. A page on another
 * site that makes a browser resolve its own name to 127.0.0.1 (DNS rebinding) is refused by it.
 */
export function hostGuard(host: string, publicUrl?: string): (header: string | undefined) => boolean {
  const known = new Set([...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]), 'localhost', '127.0.0.1', '[::1]', host.includes(':') ? `[${host}]` : host.toLowerCase()]);
  const anyAddress = host === '0.0.0.0' || host === '::';
  return (header) => {
    if (header === undefined) return true;
    if (anyAddress) return true;
    return known.has(header.toLowerCase().replace(/:\d+$/, ''));
  };
}
