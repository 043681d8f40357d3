/** `data:<type>[;params];base64,<data>` (RFC 2397); anything else is no data URL. */
export function parseDataUrl(url: string): { mediaType: string; base64: string } | undefined {
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(',');
  const head = comma < 0 ? '' : url.slice(5, comma);
  if (!head.endsWith(';base64')) return undefined;
  return { mediaType: head.slice(0, head.indexOf(';')).toLowerCase(), base64: url.slice(comma + 1) };
}
