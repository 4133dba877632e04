/** Orders: a rebirth, the same one again, a late one, an unknown one, and what cannot be read. Nothing that would move a machine. */
import { randomUUID } from 'node:crypto'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { Stage } from '../stage.ts'
import { listens, type Step, topicTo } from './step.ts'

const canBeOrdered = (stage: Stage): boolean => stage.live.capabilities.includes('command') && listens(stage, 'command')

/** At least two seconds: a reply that a busy machine sends late is no fault of the device. */
const deadlineMs = (stage: Stage): number => Math.round(stage.nowMs() + Math.max(stage.scaled(10_000), 2_000))

function send(stage: Stage, order: object | Uint8Array): void {
  const bytes = order instanceof Uint8Array ? order : Buffer.from(JSON.stringify(order))
  stage.endpoint.line?.publish(topicTo(stage, 'command'), bytes)
}

function orderOf(stage: Stage, name: string, deadline: number): object {
  return { v: wireVersion, id: randomUUID(), name, issuedAtMs: Math.round(Math.min(stage.nowMs(), deadline)), deadlineMs: deadline }
}

async function answered(stage: Stage, act: () => void, alsoBirth: boolean): Promise<void> {
  const { live } = stage
  const [births, replies] = [live.births, live.replies]
  act()
  await stage.waitFor(() => live.replies > replies && (!alsoBirth || live.births > births), 10_000)
}

/** Longer than the rules look for an effect that must not come. */
const effectMs = 3_500

const rebirth: Step = {
  name: 'order: rebirth, twice under one id',
  proves: ['TG-305', 'TG-802', 'TG-805'],
  applies: canBeOrdered,
  async run(stage) {
    const order = orderOf(stage, 'rebirth', deadlineMs(stage))
    await answered(stage, () => send(stage, order), true)
    await answered(stage, () => send(stage, order), false)
    await stage.watch(effectMs)
  }
}

const late: Step = {
  name: 'order after its deadline',
  proves: ['TG-803'],
  applies: canBeOrdered,
  async run(stage) {
    const order = orderOf(stage, 'rebirth', Math.round(stage.nowMs() - 60_000))
    await answered(stage, () => send(stage, order), false)
    await stage.watch(effectMs)
  }
}

const unknown: Step = {
  name: 'order that no device knows',
  proves: ['TG-804', 'TG-802'],
  applies: canBeOrdered,
  async run(stage) {
    const order = orderOf(stage, 'turnIntoFrog', deadlineMs(stage))
    await answered(stage, () => send(stage, order), false)
  }
}

const unreadable: Step = {
  name: 'orders that cannot be read',
  proves: ['TG-806'],
  applies: canBeOrdered,
  async run(stage) {
    const garbage = ['{"v":1,"id":', '[]', '{"v":1}', '{"v":9,"id":"x","name":"rebirth","deadlineMs":1}', 'null', '']
    for (const text of garbage) send(stage, Buffer.from(text))
    send(stage, Buffer.from('a1ff00', 'hex'))
    await stage.watch(3_500)
    await stage.messages(1)
  }
}

export const commandSteps: readonly Step[] = [rebirth, late, unknown, unreadable]
