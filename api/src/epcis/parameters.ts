/** The parameters of the EPCIS 2.0 query: which the standard knows, which are served, and what the caller probably meant. */

/** Names of the standard that this version serves. */
const servedParameters = [
  'eventType',
  'GE_eventTime',
  'LT_eventTime',
  'GE_recordTime',
  'LT_recordTime',
  'EQ_action',
  'EQ_bizStep',
  'EQ_disposition',
  'EQ_readPoint',
  'EQ_bizLocation',
  'EQ_eventID',
  'MATCH_epc',
  'MATCH_parentID',
  'MATCH_inputEPC',
  'MATCH_outputEPC',
  'MATCH_anyEPC',
  'MATCH_epcClass',
  'MATCH_inputEPCClass',
  'MATCH_outputEPCClass',
  'MATCH_anyEPCClass',
  'orderBy',
  'orderDirection',
  'eventCountLimit',
  'maxEventCount',
  'perPage',
  'nextPageToken'
] as const
export type ServedParameter = (typeof servedParameters)[number]

/** Names of the standard that are not served yet. */
const unservedNames: ReadonlySet<string> = new Set(
  (
    'EQ_persistentDisposition_set EQ_persistentDisposition_unset EQ_quantity GT_quantity GE_quantity LT_quantity LE_quantity ' +
    'WD_readPoint WD_bizLocation EQ_transformationID EXISTS_errorDeclaration GE_errorDeclaration_Time LT_errorDeclaration_Time ' +
    'GE_errorDeclarationTime LT_errorDeclarationTime EQ_errorReason EQ_correctiveEventID EXISTS_sensorElementList GE_time LT_time ' +
    'GE_startTime LT_startTime GE_endTime LT_endTime EQ_type EQ_deviceID EQ_dataProcessingMethod EQ_microorganism ' +
    'EQ_chemicalSubstance EQ_bizRules EQ_stringValue EQ_booleanValue EQ_hexBinaryValue EQ_uriValue GE_percRank LT_percRank ' +
    'GT_percRank LE_percRank'
  ).split(' ')
)

const unservedPatterns: readonly RegExp[] = [
  /^EQ_(bizTransaction|source|destination)_[a-z]\w+$/,
  /^(EQ|GT|GE|LT|LE)_(quantity|value|minValue|maxValue|meanValue|sDev|percValue)_[A-Za-z0-9]+$/,
  /^(EQ|GT|GE|LT|LE|EXISTS)_((INNER_)?(ERROR_DECLARATION|ILMD|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|readPoint|bizLocation)_|INNER_)?[a-z][A-Za-z0-9]*:\w+$/,
  /^HASATTR_\S+$/,
  /^EQ_ATTR_\S+$/
]

export function isServed(name: string): name is ServedParameter {
  return servedParameters.some((served) => served === name)
}

export function isOfStandard(name: string): boolean {
  return unservedNames.has(name) || unservedPatterns.some((pattern) => pattern.test(name))
}

/** The known name that differs least, when it differs by at most a third of its letters. */
export function nearestParameter(name: string): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const known of [...servedParameters, ...unservedNames]) {
    const distance = editDistance(name.slice(0, 64).toLowerCase(), known.toLowerCase())
    if (best === undefined || distance < best.distance) best = { name: known, distance }
  }
  return best !== undefined && best.distance <= Math.max(2, best.name.length / 3) ? best.name : undefined
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const swap = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
