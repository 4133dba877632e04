/** Finds the secret of the device in what it sends, and blots it out, so that no log and no capture holds it. */

export interface Blotter {
  readonly isSecret: (password: Uint8Array) => boolean
  text(text: string): { readonly text: string; readonly found: boolean }
  bytes(bytes: Uint8Array): { readonly hex: string; readonly found: boolean }
}

/** As it is, in base64, and in hexadecimal of either case. A secret of less than four bytes would be found everywhere. */
const needleBytesMin = 4

export function createBlotter(secret: string): Blotter {
  const raw = Buffer.from(secret)
  const needles =
    raw.length < needleBytesMin
      ? []
      : [
          raw,
          ...[raw.toString('base64'), raw.toString('base64url'), raw.toString('hex'), raw.toString('hex').toUpperCase()].map((text) =>
            Buffer.from(text)
          )
        ]
  const bytes = (input: Uint8Array) => {
    let blotted: Buffer | undefined
    for (const needle of needles)
      for (let at = Buffer.from(input).indexOf(needle); at >= 0; at = Buffer.from(input).indexOf(needle, at + 1)) {
        blotted ??= Buffer.from(input)
        blotted.fill('*', at, at + needle.length)
      }
    return { hex: Buffer.from(blotted ?? input).toString('hex'), found: blotted !== undefined }
  }
  return {
    isSecret: (password) => raw.equals(password),
    bytes,
    text(text) {
      const { hex, found } = bytes(Buffer.from(text))
      return { text: found ? Buffer.from(hex, 'hex').toString() : text, found }
    }
  }
}
