/** Writes EPCIS 2.0 events as JSON, the way a partner's system would hand them in. Knows the form, not the trade. */

export type EpcisJson = Readonly<Record<string, unknown>>

export interface Quantity {
  readonly epcClass: string
  readonly quantity: number
  /** UN/ECE Recommendation 20; left out for pieces, as EPCIS 2.0 §7.3.3.3 has it. */
  readonly uom?: string
}

interface EventFacts {
  readonly eventID: string
  readonly atMs: number
  readonly zone: '+01:00' | '+08:00'
  readonly bizStep: string
  readonly disposition?: string
  readonly readPoint: string
  readonly bizLocation?: string
  readonly from?: { readonly type: 'owning_party' | 'possessing_party'; readonly key: string }
  readonly to?: { readonly type: 'owning_party' | 'possessing_party'; readonly key: string }
  readonly documents?: readonly { readonly type: 'po' | 'desadv' | 'inv' | 'bol' | 'testres' | 'cert'; readonly id: string }[]
}

function common(type: string, facts: EventFacts): EpcisJson {
  return {
    type,
    eventID: facts.eventID,
    eventTime: new Date(facts.atMs).toISOString(),
    eventTimeZoneOffset: facts.zone,
    bizStep: facts.bizStep,
    ...(facts.disposition === undefined ? {} : { disposition: facts.disposition }),
    readPoint: { id: facts.readPoint },
    ...(facts.bizLocation === undefined ? {} : { bizLocation: { id: facts.bizLocation } }),
    ...(facts.documents === undefined ? {} : { bizTransactionList: facts.documents.map(({ type, id }) => ({ type, bizTransaction: id })) }),
    ...(facts.from === undefined ? {} : { sourceList: [{ type: facts.from.type, source: facts.from.key }] }),
    ...(facts.to === undefined ? {} : { destinationList: [{ type: facts.to.type, destination: facts.to.key }] })
  }
}

function quantities(list: readonly Quantity[]): readonly EpcisJson[] {
  return list.map(({ epcClass, quantity, uom }) =>
    uom === undefined || uom === 'EA' ? { epcClass, quantity } : { epcClass, quantity, uom }
  )
}

export interface ObjectFacts extends EventFacts {
  readonly action: 'ADD' | 'OBSERVE' | 'DELETE'
  readonly epcs?: readonly string[]
  readonly quantities?: readonly Quantity[]
  readonly ilmd?: EpcisJson
  readonly sensors?: readonly EpcisJson[]
}

export function objectEvent(facts: ObjectFacts): EpcisJson {
  return {
    ...common('ObjectEvent', facts),
    action: facts.action,
    ...(facts.epcs === undefined || facts.epcs.length === 0 ? {} : { epcList: facts.epcs }),
    ...(facts.quantities === undefined || facts.quantities.length === 0 ? {} : { quantityList: quantities(facts.quantities) }),
    ...(facts.ilmd === undefined ? {} : { ilmd: facts.ilmd }),
    ...(facts.sensors === undefined ? {} : { sensorElementList: facts.sensors })
  }
}

export interface ContainmentFacts extends EventFacts {
  readonly action: 'ADD' | 'OBSERVE' | 'DELETE'
  readonly parent: string
  readonly children: readonly string[]
  readonly childQuantities?: readonly Quantity[]
}

export function aggregationEvent(facts: ContainmentFacts): EpcisJson {
  return { ...common('AggregationEvent', facts), ...containment(facts) }
}

export function associationEvent(facts: ContainmentFacts): EpcisJson {
  return { ...common('AssociationEvent', facts), ...containment(facts) }
}

function containment(facts: ContainmentFacts): EpcisJson {
  return {
    action: facts.action,
    parentID: facts.parent,
    ...(facts.children.length === 0 ? {} : { childEPCs: facts.children }),
    ...(facts.childQuantities === undefined || facts.childQuantities.length === 0
      ? {}
      : { childQuantityList: quantities(facts.childQuantities) })
  }
}

export interface TransformationFacts extends EventFacts {
  readonly transformationID: string
  readonly inputs: readonly Quantity[]
  readonly outputs: readonly string[]
  readonly outputQuantities: readonly Quantity[]
  readonly ilmd: EpcisJson
}

export function transformationEvent(facts: TransformationFacts): EpcisJson {
  return {
    ...common('TransformationEvent', facts),
    transformationID: facts.transformationID,
    inputQuantityList: quantities(facts.inputs),
    ...(facts.outputs.length === 0 ? {} : { outputEPCList: facts.outputs }),
    ...(facts.outputQuantities.length === 0 ? {} : { outputQuantityList: quantities(facts.outputQuantities) }),
    ilmd: facts.ilmd
  }
}

/** The event again, declared wrong (EPCIS 2.0 §7.4.1.2). */
export function declareError(event: EpcisJson, atMs: number, reason: 'did_not_occur' | 'incorrect_data'): EpcisJson {
  return { ...event, errorDeclaration: { declarationTime: new Date(atMs).toISOString(), reason } }
}

export function epcisDocument(events: readonly EpcisJson[], atMs: number): EpcisJson {
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date(atMs).toISOString(),
    epcisBody: { eventList: events }
  }
}
