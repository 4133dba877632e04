/** What only the maker can do to the device: put a label before it, move its clock, start it anew. */
import type { Step } from './step.ts'

const scan: Step = {
  name: 'a label is read',
  proves: ['TG-701', 'TG-702', 'TG-703', 'TG-704'],
  applies: ({ hooks }) => hooks.scan !== undefined,
  async run(stage) {
    const before = stage.live.scans
    if (await stage.hook('scan')) await stage.waitFor(() => stage.live.scans > before, 15_000)
  }
}

const hourS = 3_600

const clock: Step = {
  name: 'the clock jumps an hour forward, back, and right again',
  proves: ['TG-502', 'TG-504'],
  applies: ({ hooks }) => hooks.clock !== undefined,
  async run(stage) {
    for (const seconds of [hourS, -2 * hourS, hourS]) {
      if (!(await stage.hook('clock', seconds))) return
      await stage.pause(1_000)
      await stage.messages(2)
    }
  }
}

const restart: Step = {
  name: 'the device starts anew',
  proves: ['TG-401', 'TG-402', 'TG-304'],
  applies: ({ hooks }) => hooks.restart !== undefined,
  async run(stage) {
    const connection = stage.endpoint.line?.connection ?? stage.live.connections
    if (!(await stage.hook('restart'))) return
    await stage.returned(connection)
    await stage.messages(3)
  }
}

export const hookSteps: readonly Step[] = [scan, clock, restart]
