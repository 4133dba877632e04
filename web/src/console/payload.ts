/** Shows the raw bytes of a dead letter: as text where they are text, as hex where not. Pure. */

const shownBytesMax = 4_096

export function showPayload(base64: string): { readonly text: string; readonly cut: boolean } {
  let bytes: Uint8Array
  try {
    bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  } catch {
    return { text: base64, cut: false }
  }
  const shown = bytes.subarray(0, shownBytesMax)
  const cut = bytes.length > shown.length
  try {
    const text = new TextDecoder('utf-8', { fatal: !cut }).decode(shown)
    // oxlint-disable-next-line no-control-regex
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return { text: prettyJson(text), cut }
  } catch {
    // Not text: shown as hex below.
  }
  return { text: toHex(shown), cut }
}

function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function toHex(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let start = 0; start < bytes.length; start += 16)
    lines.push([...bytes.subarray(start, start + 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '))
  return lines.join('\n')
}
