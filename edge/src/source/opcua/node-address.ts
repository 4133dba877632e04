/** Finds the nodes that a configuration names by node id or browse path, with namespaces by index or by URI. */
import { type ClientSession, makeBrowsePath, type NodeId, resolveNodeId, StatusCodes } from 'node-opcua-client'

export type FoundNode = { readonly ok: true; readonly nodeId: NodeId } | { readonly ok: false; readonly detail: string }

export async function findNode(session: ClientSession, namespaces: readonly string[], address: string): Promise<FoundNode> {
  const local = withNamespaceIndexes(address, namespaces)
  if (local === undefined) return { ok: false, detail: `namespace of "${address}" is unknown, the server has ${namespaces.join(', ')}` }
  if (!local.startsWith('/')) {
    try {
      return { ok: true, nodeId: resolveNodeId(local) }
    } catch (error) {
      return { ok: false, detail: `"${address}" is no node id: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  const result = await session.translateBrowsePath(makeBrowsePath('ObjectsFolder', local))
  const target = result.targets?.[0]?.targetId
  if (result.statusCode.equals(StatusCodes.Good) && target !== undefined) return { ok: true, nodeId: target }
  return { ok: false, detail: `"${address}" was not found: ${result.statusCode.name}` }
}

/** `nsu=http://…;` becomes `ns=3;` in a node id and `3:` in a browse path. */
export function withNamespaceIndexes(address: string, namespaces: readonly string[]): string | undefined {
  let known = true
  const path = address.startsWith('/')
  const local = address.replaceAll(/nsu=([^;]*);/g, (_whole, uri: string) => {
    const index = namespaces.indexOf(uri)
    if (index === -1) known = false
    return path ? `${index}:` : `ns=${index};`
  })
  return known ? local : undefined
}
