/**
 * The barrier of the gate lane beside its reader: the methods HoldGate and ReleaseGate as `GateType` of the monitoring point model has them,
 * and a lamp. It does what it is told; who tells it why is not its business.
 */
import type { RunningServer } from './start-server.ts'

export type Lamp = 'green' | 'red'

export interface LaneGate {
  readonly lamp: Lamp
  /** Of the order that holds it. */
  readonly reason: string
}

type AddressSpace = RunningServer['addressSpace']

/** Node id of the gate in the namespace of the reader's server. */
export const gateNode = 'LaneGate'

export function addLaneGate(addressSpace: AddressSpace, namespaceUri: string): () => LaneGate {
  const namespace = addressSpace.getNamespace(namespaceUri)
  const node = (name: string) => `ns=${namespace.index};s=${gateNode}${name}`
  const gate = namespace.addObject({ browseName: 'LaneGate', nodeId: node(''), organizedBy: addressSpace.rootFolder.objects })
  let state: LaneGate = { lamp: 'green', reason: '' }
  const lamp = namespace.addVariable({ browseName: 'Lamp', nodeId: node('.Lamp'), componentOf: gate, dataType: 'String' })
  const reason = namespace.addVariable({ browseName: 'Reason', nodeId: node('.Reason'), componentOf: gate, dataType: 'String' })
  const show = (next: LaneGate) => {
    state = next
    lamp.setValueFromSource({ dataType: 'String', value: next.lamp })
    reason.setValueFromSource({ dataType: 'String', value: next.reason })
  }
  show(state)
  for (const [name, next] of [['HoldGate', 'red'] as const, ['ReleaseGate', 'green'] as const]) {
    const method = namespace.addMethod(gate, {
      browseName: name,
      nodeId: node(`.${name}`),
      inputArguments: [{ name: 'Reason', dataType: 'String' }],
      outputArguments: []
    })
    method.bindMethod((inputs, _context, done) => {
      show({ lamp: next, reason: next === 'red' ? String(inputs[0]?.value ?? '') : '' })
      done(null, { outputArguments: [] })
    })
  }
  return () => state
}
