/** What happens to measures, control orders and deadlines, as log lines and counters. It never throws. */
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'

export type ControlEvents = ReturnType<typeof createControlEvents>

export function createControlEvents({ logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics }) {
  const steps = metrics.counter({ name: 'tracegate_api_measure_steps_total', help: 'Steps of measures, by step', labels: ['step'] })
  const control = metrics.counter({
    name: 'tracegate_api_control_orders_total',
    help: 'Lists of control orders: issued, published, applied, cut at a limit, failed',
    labels: ['what']
  })
  const seconds = metrics.histogram({
    name: 'tracegate_api_control_applied_seconds',
    help: 'From a list being issued to the point having applied it',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30, 300]
  })
  const escalations = metrics.counter({
    name: 'tracegate_api_escalations_total',
    help: 'Deadlines that passed and were passed on, by clock',
    labels: ['clock']
  })
  const tasks = metrics.gauge({
    name: 'tracegate_api_tasks',
    help: 'Open deadlines, by clock and whether they passed',
    labels: ['clock', 'overdue']
  })
  return {
    stepped(fields: { measure: string; step: string; by: string }) {
      steps.add(1, { step: fields.step })
      logger.info(fields, 'measure')
    },
    issued(fields: { point: string; revision: number; orders: number; leftOut: number }) {
      control.add(1, { what: 'issued' })
      logger.info(fields, 'control orders issued')
    },
    published(fields: { point: string; revision: number; parts: number }) {
      control.add(1, { what: 'published' })
      logger.debug(fields, 'control orders published')
    },
    publishFailed(fields: { point: string; revision: number; error: unknown }) {
      control.add(1, { what: 'publishFailed' })
      logger.warn(fields, 'control orders could not be published: tried again')
    },
    applied({ behindMs, ...fields }: { point: string; device: string; revision: number; behindMs: number | undefined }) {
      control.add(1, { what: 'applied' })
      if (behindMs !== undefined) seconds.observe(behindMs / 1_000)
      logger.info(fields, 'control orders applied')
    },
    cut(what: 'measures' | 'goods') {
      control.add(1, { what: `cut${what === 'goods' ? 'Goods' : 'Measures'}` })
      logger.warn({ what }, 'too many for one look: the list of held goods is cut')
    },
    escalated(fields: { clock: string; case: string; step: number; right: string }) {
      escalations.add(1, { clock: fields.clock })
      logger.warn(fields, 'a deadline passed and was passed on')
    },
    tasks(counts: readonly { readonly clock: string; readonly open: number; readonly overdue: number }[]) {
      for (const { clock, open, overdue } of counts) {
        tasks.set(open - overdue, { clock, overdue: 'no' })
        tasks.set(overdue, { clock, overdue: 'yes' })
      }
    },
    failed: (error: unknown) => {
      control.add(1, { what: 'failed' })
      logger.error({ error }, 'measures or control orders could not be looked at: tried again')
    }
  }
}
