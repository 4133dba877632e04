/** Opens the control orders of an agent with its files, and ties them to its intake and its sources. It judges nothing. */
import { join } from 'node:path'
import type { Logger } from '@tracegate/service/log'
import type { ResolvedEdgeConfig } from '../config.ts'
import type { EdgeEvents } from '../events.ts'
import type { AgentIntake } from '../intake/intake.ts'
import type { SourceSet } from '../source-set.ts'
import { createHolds, type Holds } from './holds.ts'
import { createLocalGoods } from './local-goods.ts'

export function openHolds(options: {
  readonly dataDir: string
  readonly point: string
  readonly agent: string
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly config: () => Pick<ResolvedEdgeConfig, 'controlKeys' | 'gates'>
  readonly intake: () => AgentIntake
  readonly sources: () => SourceSet
}): Holds {
  const { dataDir, point, agent, logger, events } = options
  const goods = createLocalGoods({
    path: join(dataDir, 'goods.db'),
    onDamage: (detail) => logger.error({ detail }, 'what was known of packed goods is lost: the file was damaged and is put aside')
  })
  const holds = createHolds({
    dataDir,
    point,
    goods,
    logger,
    events,
    keys: () => options.config().controlKeys ?? [],
    gatesOf(reader) {
      const named = (options.config().gates ?? []).filter((one) => one.reader === reader).map(({ gate }) => gate)
      return named.length > 0 ? named : [reader]
    },
    refuseInput: (entry) => options.intake().refuse(entry),
    command: (order, signal) => options.sources().ownerOf(order.device)?.command?.(order, signal),
    report: (metric, value, timeMs) => options.intake().urgent({ device: agent, metric, value, unit: '1', quality: 1, timeMs })
  })
  return {
    ...holds,
    [Symbol.dispose]() {
      holds[Symbol.dispose]()
      goods[Symbol.dispose]()
    }
  }
}
