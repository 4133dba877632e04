/** Business step to stage of the life cycle (`regulation/rules.md` §4). It knows CBV words only, no events. */
import type { Stage } from './trace.ts'

const stageOfBizStep: Readonly<Record<string, Stage>> = {
  commissioning: 'production',
  creating_class_instance: 'production',
  assembling: 'production',
  packing: 'production',
  encoding: 'production',
  inspecting: 'inspection',
  sampling: 'inspection',
  accepting: 'inspection',
  shipping: 'logistics',
  departing: 'logistics',
  transporting: 'logistics',
  arriving: 'logistics',
  receiving: 'logistics',
  storing: 'logistics',
  loading: 'logistics',
  unloading: 'logistics',
  entering_exiting: 'logistics',
  holding: 'logistics',
  retail_selling: 'sale',
  dispensing: 'sale',
  installing: 'use',
  sensor_reporting: 'use',
  repairing: 'maintenance',
  replacing: 'maintenance',
  removing: 'maintenance',
  decommissioning: 'end',
  destroying: 'end'
}

/** Where the step says nothing, these dispositions do. */
const stageOfDisposition: Readonly<Record<string, Stage>> = {
  conformant: 'inspection',
  non_conformant: 'inspection',
  retail_sold: 'sale',
  destroyed: 'end',
  recalled: 'end'
}

/**
 * The stage of an event: by its bizStep, else by its disposition, else by what it is: a transformation produces. What the table
 * does not name moves goods about, so it counts as logistics.
 */
export function stageOf(event: { readonly type: string; readonly bizStep?: string; readonly disposition?: string }): Stage {
  // What is sold is a sale and what is destroyed is the end, whatever the step is called.
  if (event.disposition === 'retail_sold') return 'sale'
  if (event.disposition === 'destroyed') return 'end'
  const byStep = event.bizStep === undefined ? undefined : stageOfBizStep[event.bizStep]
  if (byStep !== undefined) return byStep
  const byDisposition = event.disposition === undefined ? undefined : stageOfDisposition[event.disposition]
  return byDisposition ?? (event.type === 'TransformationEvent' ? 'production' : 'logistics')
}
