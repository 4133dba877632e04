/** Reads YAML 1.2 (JSON is a part of it) and tells the line of a value, for messages that people act on. It knows no schema. */
import { isNode, LineCounter, parseDocument } from 'yaml'

export interface YamlText {
  readonly value: unknown
  /** Line, from 1, of the value at a JSON pointer (RFC 6901); of the nearest one above it where there is none. */
  lineOf(pointer: string): number | undefined
}

export type ReadYaml =
  | { readonly ok: true; readonly yaml: YamlText }
  | { readonly ok: false; readonly line: number | undefined; readonly message: string }

export function readYaml(text: string): ReadYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [wrong] = document.errors
  if (wrong !== undefined) return { ok: false, line: lines.linePos(wrong.pos[0]).line, message: wrong.message }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { ok: false, line: undefined, message: error instanceof Error ? error.message : String(error) }
  }
  if (holdsItself(value, [])) return { ok: false, line: undefined, message: 'an alias stands inside of what it names' }
  const lineOf = (pointer: string): number | undefined => {
    const path = pointer.split('/').slice(1).map(unescape)
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return undefined
  }
  return { ok: true, yaml: { value, lineOf } }
}

/** YAML can express it; nothing that walks a configuration would come to an end. */
function holdsItself(value: unknown, above: readonly unknown[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (above.includes(value)) return true
  return Object.values(value).some((item) => holdsItself(item, [...above, value]))
}

function unescape(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')
}
