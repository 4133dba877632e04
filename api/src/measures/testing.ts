/** What the tests of measures share: a published warning over a few goods in the trace, a broker that only listens, and a clock to turn. */
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { ControlList } from '@tracegate/model/control'
import { draftedWarning } from '@tracegate/model/warning-testing'
import type { WarningCase } from '@tracegate/model/warning'
import type { MessagePublisher } from '@tracegate/service/ingest'
import { createWorld, itemOf, startMs, traceEvent, vaccine, yard, type World } from '../harness.ts'

export const lot = `${vaccine}/10/L1`
export const pallet = 'https://id.gs1.org/00/095060001343520001'
export const itemA = itemOf(vaccine, 'A')
export const itemB = itemOf(vaccine, 'B')

const lists = compileValidator(ControlList)

/** Keeps what is retained by topic, as a broker would. */
export function createListener(): MessagePublisher & {
  readonly retained: Map<string, ControlList>
  readonly published: string[]
  down: boolean
} {
  const retained = new Map<string, ControlList>()
  const published: string[] = []
  return {
    retained,
    published,
    down: false,
    async publish(topic, payload) {
      if (this.down) throw new Error('the broker is away')
      published.push(topic)
      const read = decodeMessage(lists, payload)
      if (read.ok) retained.set(topic, read.value)
      else if (payload.length === 0) retained.delete(topic)
      else throw new TypeError(read.reason.message)
    }
  }
}

/** Two units of a lot, one of them on a pallet. */
async function fillTrace({ trace }: Pick<World, 'trace'>): Promise<void> {
  await trace.capture([
    traceEvent({
      id: 'e-1',
      atMs: startMs,
      objects: [itemA, itemB],
      lot: 'L1',
      action: 'ADD',
      bizStep: 'commissioning',
      bizLocation: yard
    }),
    traceEvent({
      id: 'e-2',
      atMs: startMs + 1_000,
      parent: pallet,
      children: [itemA],
      action: 'ADD',
      bizStep: 'packing',
      bizLocation: yard
    })
  ])
}

/** Stores a warning in the status, as its own workflow would. */
export async function putWarning(world: Pick<World, 'cases' | 'bus'>, change: Partial<WarningCase> = {}): Promise<WarningCase> {
  const id = change.id ?? 'W-2026-000001'
  const draft = draftedWarning({ id, atMs: startMs, level: 'II', scope: { products: [vaccine], lots: [lot], total: 2 } })
  const warning: WarningCase = { ...draft, status: 'published', ...change, id }
  const head = await world.cases.head('warning', id)
  await world.cases.append({
    kind: 'warning',
    id,
    expectedLength: head?.length ?? 0,
    step: { atMs: startMs, by: 'test', action: warning.status, why: 'test', data: {} },
    head: { open: warning.status !== 'lifted', state: warning }
  })
  world.bus.publish('warning', { warning })
  return warning
}

const agent = { id: 'agent', kind: 'edge', name: { zh: '边缘代理', en: 'Edge agent' }, online: true, metrics: [] }

/** A world whose clock the test turns, with the trace filled and a warning published. */
export async function createMeasureWorld() {
  const clock = { nowMs: startMs + 3_600_000 }
  const listener = createListener()
  const world = await createWorld({ withAccount: false, publisher: listener, nowMs: () => clock.nowMs })
  await fillTrace(world)
  await world.cases.put('devices', 'port-1-agent', { ...agent, point: 'port-1' })
  await putWarning(world)
  return { world, clock, listener, desk: world.context.measures }
}

/** A seizure at port-1 for a warning of its own, with its control orders issued. Gives its id. */
export async function putMeasure(world: World): Promise<string> {
  const { id } = await putWarning(world, { id: 'W-2026-000900' })
  const { measures } = world.context
  const [kept] = await measures.office.order(
    {
      type: 'sealDetain',
      warning: id,
      addressees: [{ type: 'point', point: 'port-1' }],
      instruction: { zh: '查封', en: 'Seal them' },
      why: 'a test'
    },
    'test'
  )
  await measures.look()
  return kept?.state.id ?? ''
}
