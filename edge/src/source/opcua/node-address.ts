/** Finds the nodes that a configuration names by node id or browse path, with namespaces by index or by URI. */
import { type ClientSession, makeBrowsePath, type NodeId, resolveNodeId, StatusCodes } from 'node-opcua-client'

export type FoundNode = { readonly ok: true; readonly nodeId: NodeId } | { readonly ok: false; readonly detail: string }

/** Servers may limit it (`MaxNodesPerTranslateBrowsePathsToNodeIds`); this many none refuses. */
const pathsPerRequestMax = 100

export async function findNode(session: ClientSession, namespaces: readonly string[], address: string): Promise<FoundNode> {
  const [found] = await findNodes(session, namespaces, [address])
  return found ?? { ok: false, detail: `"${address}" was not found` }
}

/** In the order of the addresses. */
export async function findNodes(session: ClientSession, namespaces: readonly string[], addresses: readonly string[]): Promise<FoundNode[]> {
  const found = addresses.map((address) => localNode(address, namespaces))
  const paths = found.flatMap((node, index) => ('path' in node ? [{ index, path: node.path }] : []))
  const nodes: (FoundNode | undefined)[] = found.map((node) => ('path' in node ? undefined : node))
  for (let start = 0; start < paths.length; start += pathsPerRequestMax) {
    const chunk = paths.slice(start, start + pathsPerRequestMax)
    const results = await session.translateBrowsePath(chunk.map(({ path }) => makeBrowsePath('ObjectsFolder', path)))
    for (const [at, { index }] of chunk.entries()) {
      const result = results[at]
      const target = result?.targets?.[0]?.targetId
      const good = result !== undefined && target !== undefined && result.statusCode.equals(StatusCodes.Good)
      nodes[index] = good
        ? { ok: true, nodeId: target }
        : { ok: false, detail: `"${addresses[index]}" was not found: ${result?.statusCode.name ?? 'no answer'}` }
    }
  }
  return nodes.map((node, index) => node ?? { ok: false, detail: `"${addresses[index]}" was not found` })
}

function localNode(address: string, namespaces: readonly string[]): FoundNode | { readonly path: string } {
  const local = withNamespaceIndexes(address, namespaces)
  if (local === undefined) return { ok: false, detail: `namespace of "${address}" is unknown, the server has ${namespaces.join(', ')}` }
  try {
    if (!local.startsWith('/')) return { ok: true, nodeId: resolveNodeId(local) }
    makeBrowsePath('ObjectsFolder', local)
    return { path: local }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { ok: false, detail: `"${address}" is no ${local.startsWith('/') ? 'browse path' : 'node id'}: ${detail}` }
  }
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

/** The node of an answer, written so that it stays right when the server numbers its namespaces anew. */
export function stableAddress(nodeId: NodeId, namespaces: readonly string[]): string {
  const text = nodeId.toString()
  const match = /^ns=(\d+);(.*)$/s.exec(text)
  if (match === null) return text
  const uri = namespaces[Number(match[1])]
  return uri === undefined || uri.includes(';') ? text : `nsu=${uri};${match[2]}`
}
