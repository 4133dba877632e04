/** Text, attributes and names as XML 1.0 spells them. Nothing here knows EPCIS. */

/** One element; without content it closes itself. `attributes` and `content` are XML already. */
export function element(name: string, content: string, attributes = ''): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`
}

export function attribute(name: string, value: string): string {
  return ` ${name}="${escapeText(value).replaceAll(/["\t\n]/g, (character) => `&#${character.charCodeAt(0)};`)}"`
}

/** Text; characters that XML 1.0 has no way to say become U+FFFD. */
export function escapeText(text: string): string {
  if (!/[^ -%'-;=?-~]/.test(text)) return text
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>\r]/g, (character) => entities[character] ?? character)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** Whether white space of the text would be lost where readers trim it. */
export function hasOuterSpace(text: string): boolean {
  return text.trim() !== text
}

/** A name without colon, where characters that a name must not have are `_xHHHH_` (as ISO/IEC 9075-14 escapes them). */
export function escapeName(name: string): string {
  if (/^[A-Za-z_][\w.-]*$/.test(name) && !name.includes('_x')) return name
  return name
    .replaceAll(/_x(?=[0-9A-F]{4}_)/g, '_x005F_x')
    .replaceAll(/[^A-Za-z0-9_.-]/g, hexOf)
    .replace(/^[0-9.-]/, hexOf)
}

export function unescapeName(name: string): string {
  if (!name.includes('_x')) return name
  return name.replaceAll(/_x([0-9A-F]{4})_/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function hexOf(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`
}

/** Text of a plain JSON value; of an object its JSON. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
