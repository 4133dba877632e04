/** The rules by which readings are judged: their titles, and the settings in effect. It judges nothing. */
import { compileValidator } from '@tracegate/model/codec'
import { shippedRuleVersion, type RuleDefinition, type RuleSetting } from '@tracegate/model/rules'
import { readingDefaults, readingParameters, type ReadingParameters, type RuleName } from './reading-parameters.ts'

type Titled = Omit<RuleDefinition, 'parameters' | 'defaults'> & { readonly name: RuleName }
const titles: readonly Titled[] = [
  { name: 'grossRange', id: 'qartod:grossRange', category: 'device', types: ['grossRange'], title: { zh: '超出量程', en: 'Gross range' } },
  {
    name: 'climatology',
    id: 'qartod:climatology',
    category: 'device',
    types: ['grossRange'],
    title: { zh: '气候态范围', en: 'Climatology' }
  },
  { name: 'spike', id: 'qartod:spike', category: 'device', types: ['spike'], title: { zh: '尖峰', en: 'Spike' } },
  { name: 'rate', id: 'qartod:rate', category: 'device', types: ['rate'], title: { zh: '变化过快', en: 'Rate of change' } },
  { name: 'flatLine', id: 'qartod:flatLine', category: 'device', types: ['flatLine'], title: { zh: '读数恒定', en: 'Flat line' } },
  {
    name: 'attenuated',
    id: 'qartod:attenuated',
    category: 'device',
    types: ['attenuated'],
    title: { zh: '信号衰减', en: 'Attenuated signal' }
  },
  {
    name: 'neighbour',
    id: 'qartod:neighbour',
    category: 'device',
    types: ['neighbour', 'drift'],
    title: { zh: '与同处传感器不符或漂移', en: 'Disagrees with, or drifts from, the sensors beside it' }
  },
  { name: 'gap', id: 'qartod:gap', category: 'device', types: ['gap'], title: { zh: '数据中断', en: 'Silence' } },
  {
    name: 'recordingInterval',
    id: 'device:recordingInterval',
    category: 'device',
    types: ['recordingInterval'],
    title: { zh: '记录间隔过长', en: 'Recorded too seldom' }
  },
  { name: 'clock', id: 'device:clock', category: 'device', types: ['clock'], title: { zh: '时钟错误', en: 'Wrong clock' } },
  {
    name: 'limits',
    id: 'place:limits',
    category: 'product',
    types: ['limit', 'excursion'],
    title: { zh: '超出温控限值', en: 'Out of limits' }
  },
  {
    name: 'cumulative',
    id: 'place:cumulativeExcursion',
    category: 'product',
    types: ['cumulativeExcursion'],
    title: { zh: '累计超温', en: 'Cumulative excursion' }
  },
  {
    name: 'meanKinetic',
    id: 'place:meanKineticTemperature',
    category: 'product',
    types: ['meanKineticTemperature'],
    title: { zh: '平均动力学温度超限', en: 'Mean kinetic temperature' }
  },
  {
    name: 'grouping',
    id: 'readings:grouping',
    category: 'device',
    types: [],
    title: { zh: '归并与反复计数', en: 'What is one anomaly, and what comes back' }
  }
]

export const readingRuleDefinitions: readonly RuleDefinition[] = titles.map(({ name, ...rest }) => ({
  ...rest,
  parameters: readingParameters[name],
  defaults: { ...readingDefaults[name] }
}))

/** A rule as it stands: an anomaly names the version that raised it. */
export interface RuleInEffect {
  readonly id: string
  readonly version: number
  readonly enabled: boolean
}

export interface ReadingRules {
  readonly parameters: ReadingParameters
  readonly rule: { readonly [Name in RuleName]: RuleInEffect }
}

const validators = {
  grossRange: compileValidator(readingParameters.grossRange),
  climatology: compileValidator(readingParameters.climatology),
  spike: compileValidator(readingParameters.spike),
  rate: compileValidator(readingParameters.rate),
  flatLine: compileValidator(readingParameters.flatLine),
  attenuated: compileValidator(readingParameters.attenuated),
  neighbour: compileValidator(readingParameters.neighbour),
  gap: compileValidator(readingParameters.gap),
  recordingInterval: compileValidator(readingParameters.recordingInterval),
  clock: compileValidator(readingParameters.clock),
  limits: compileValidator(readingParameters.limits),
  cumulative: compileValidator(readingParameters.cumulative),
  meanKinetic: compileValidator(readingParameters.meanKinetic),
  grouping: compileValidator(readingParameters.grouping)
}

/** The settings, over the defaults. Parameters are checked when they are edited; those that do not fit all the same leave the default in effect. */
export function readingRules(settings: readonly RuleSetting[] = [], defaults: ReadingParameters = readingDefaults): ReadingRules {
  const byId = new Map(settings.map((setting) => [setting.id, setting]))
  const rule = (name: RuleName): RuleInEffect => {
    const id = titles.find((one) => one.name === name)?.id ?? name
    const setting = byId.get(id)
    return { id, version: setting?.version ?? shippedRuleVersion, enabled: setting?.enabled ?? true }
  }
  const valueOf = (name: RuleName): unknown => ({ ...defaults[name], ...byId.get(rule(name).id)?.parameters })
  const checked = <Value>(result: { ok: true; value: Value } | { ok: false }, otherwise: Value): Value =>
    result.ok ? result.value : otherwise
  return {
    parameters: {
      grossRange: checked(validators.grossRange.check(valueOf('grossRange')), defaults.grossRange),
      climatology: checked(validators.climatology.check(valueOf('climatology')), defaults.climatology),
      spike: checked(validators.spike.check(valueOf('spike')), defaults.spike),
      rate: checked(validators.rate.check(valueOf('rate')), defaults.rate),
      flatLine: checked(validators.flatLine.check(valueOf('flatLine')), defaults.flatLine),
      attenuated: checked(validators.attenuated.check(valueOf('attenuated')), defaults.attenuated),
      neighbour: checked(validators.neighbour.check(valueOf('neighbour')), defaults.neighbour),
      gap: checked(validators.gap.check(valueOf('gap')), defaults.gap),
      recordingInterval: checked(validators.recordingInterval.check(valueOf('recordingInterval')), defaults.recordingInterval),
      clock: checked(validators.clock.check(valueOf('clock')), defaults.clock),
      limits: {},
      cumulative: checked(validators.cumulative.check(valueOf('cumulative')), defaults.cumulative),
      meanKinetic: checked(validators.meanKinetic.check(valueOf('meanKinetic')), defaults.meanKinetic),
      grouping: checked(validators.grouping.check(valueOf('grouping')), defaults.grouping)
    },
    rule: {
      grossRange: rule('grossRange'),
      climatology: rule('climatology'),
      spike: rule('spike'),
      rate: rule('rate'),
      flatLine: rule('flatLine'),
      attenuated: rule('attenuated'),
      neighbour: rule('neighbour'),
      gap: rule('gap'),
      recordingInterval: rule('recordingInterval'),
      clock: rule('clock'),
      limits: rule('limits'),
      cumulative: rule('cumulative'),
      meanKinetic: rule('meanKinetic'),
      grouping: rule('grouping')
    }
  }
}
