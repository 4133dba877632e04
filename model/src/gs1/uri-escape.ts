/** Percent-encoding as GS1 Digital Link uses it: everything but the unreserved characters of RFC 3986 is escaped. */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Escapes all but `A-Z a-z 0-9 - . _ ~`; a space becomes `%20` in a path and `+` in a query. */
export function escapeUri(text: string | Uint8Array, part: 'path' | 'query' = 'path'): string {
  if (typeof text === 'string' && /^[A-Za-z0-9\-._~]*$/.test(text)) return text
  let out = ''
  for (const byte of typeof text === 'string' ? encoder.encode(text) : text) {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9\-._~]/.test(character)) out += character
    else if (byte === 0x20 && part === 'query') out += '+'
    else out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** The bytes that an escaped text stands for. `%` without two hexadecimal digits stands for itself. */
export function unescapeUriBytes(text: string, part: 'path' | 'query' = 'path'): Uint8Array<ArrayBuffer> {
  const source = encoder.encode(text)
  const out = new Uint8Array(source.length)
  let length = 0
  for (let index = 0; index < source.length; index += 1) {
    const byte = source[index] ?? 0
    const code = byte === 0x25 ? hexByte(source[index + 1], source[index + 2]) : -1
    if (code >= 0) {
      out[length] = code
      index += 2
    } else out[length] = byte === 0x2b && part === 'query' ? 0x20 : byte
    length += 1
  }
  return out.slice(0, length)
}

/** The text that an escaped text stands for; undefined when its bytes are not UTF-8. */
export function unescapeUri(text: string, part: 'path' | 'query' = 'path'): string | undefined {
  if (!/[%+]/.test(text)) return text
  try {
    return decoder.decode(unescapeUriBytes(text, part))
  } catch {
    return undefined
  }
}

function hexByte(high: number | undefined, low: number | undefined): number {
  const digits = String.fromCharCode(high ?? 0, low ?? 0)
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : -1
}
