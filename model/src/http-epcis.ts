/** Headers and answers of the EPCIS 2.0 REST binding, `/epcis/v2`: names, schemas and words that api, bench and tests share. */
import { Type, type Static } from 'typebox'

export const epcisRoot = '/epcis/v2'
export const epcisContextUri = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'

/** Resources that `GET /` tells of. */
export const epcisCollections = [
  'events',
  'eventTypes',
  'epcs',
  'bizSteps',
  'bizLocations',
  'readPoints',
  'dispositions',
  'capture',
  'queries'
] as const

const text = (description: string) => Type.String({ description })
const version = (description: string) => Type.String({ description, examples: ['2.0'] })

/** What a caller may send. Names as the standard spells them; HTTP takes them in any case. */
export const epcisRequestHeaders = {
  'GS1-EPCIS-Version': version('Version of the EPCIS message that is sent: 2.0, or 1.2 with XML'),
  'GS1-EPCIS-Min': version('Lowest EPCIS version the caller understands'),
  'GS1-EPCIS-Max': version('Highest EPCIS version the caller understands'),
  'GS1-CBV-Version': version('Version of the Core Business Vocabulary in what is sent'),
  'GS1-CBV-Min': version('Lowest CBV version the caller understands'),
  'GS1-CBV-Max': version('Highest CBV version the caller understands'),
  'GS1-EPC-Format': text('No_Preference, Always_GS1_Digital_Link, Always_EPC_URN or Never_Translates; without it as captured'),
  'GS1-CBV-XML-Format': text('No_Preference, Always_Web_URI, Always_URN or Never_Translates; without it as captured'),
  'GS1-Extensions': text('Prefixes that the message or the query uses: prefix=uri, separated by commas'),
  'GS1-Capture-Error-Behaviour': text('rollback: all events or none (default); proceed: the good ones')
} as const
export type EpcisRequestHeader = keyof typeof epcisRequestHeaders

/** What an answer may carry. */
export const epcisAnswerHeaders = {
  'GS1-EPCIS-Version': version('Version of the EPCIS message in the answer'),
  'GS1-EPCIS-Min': version('Lowest EPCIS version that is spoken here'),
  'GS1-EPCIS-Max': version('Highest EPCIS version that is spoken here'),
  'GS1-CBV-Version': version('Version of the CBV in the answer'),
  'GS1-CBV-Min': version('Lowest CBV version that is spoken here'),
  'GS1-CBV-Max': version('Highest CBV version that is spoken here'),
  'GS1-EPC-Format': text('How identifiers are written in the answer'),
  'GS1-CBV-XML-Format': text('How words of the CBV are written in the answer'),
  'GS1-Extensions': text('Prefixes that were understood: prefix=uri, separated by commas'),
  'GS1-Vendor-Version': text('Version of Tracegate'),
  'GS1-EPCIS-Capture-Limit': text('Most events of one capture'),
  'GS1-EPCIS-Capture-File-Size-Limit': text('Most octets of one capture'),
  'GS1-Capture-Error-Behaviour': text('Error behaviours of capture that are offered, or that the job has'),
  'GS1-Next-Page-Token-Expires': text('Until when the token of the Link header works'),
  'GS1-Query-Min-Record-Time': text('Everything recorded before was delivered to the subscription'),
  Link: text('The next page, rel="next"; absent on the last page'),
  Location: text('Where to find what was made'),
  Allow: text('Methods that are served here')
} as const
export type EpcisAnswerHeader = keyof typeof epcisAnswerHeaders

export const captureBehaviours = ['rollback', 'proceed'] as const
export type CaptureBehaviour = (typeof captureBehaviours)[number]

export const CaptureError = Type.Object({
  type: Type.String({ description: 'epcisException:…, as in problem details' }),
  title: Type.String({ description: 'What was found and what was expected' }),
  code: Type.String({ description: 'Public code of Tracegate' }),
  pointer: Type.String({ description: 'JSON pointer into the document, of XML into its JSON form' }),
  path: Type.Optional(Type.String({ description: 'Where it stands in an XML document, as an XPath' }))
})
export type CaptureError = Static<typeof CaptureError>

/** Events of the document by what became of them so far. */
export const CaptureProgress = Type.Object({
  events: Type.Integer({ description: 'Events of the document' }),
  stored: Type.Integer({ description: 'Committed by this job' }),
  duplicates: Type.Integer({ description: 'There already with the same content; they count as captured' }),
  refused: Type.Integer({ description: 'Left out, with their errors' })
})
export type CaptureProgress = Static<typeof CaptureProgress>

export const CaptureJob = Type.Object(
  {
    captureID: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    finishedAt: Type.Optional(Type.String({ format: 'date-time' })),
    running: Type.Boolean(),
    success: Type.Boolean(),
    captureErrorBehaviour: Type.Enum(captureBehaviours),
    progress: CaptureProgress,
    errors: Type.Array(CaptureError),
    warnings: Type.Optional(Type.Array(CaptureError, { description: 'Master data of the header that were not taken; the events were' }))
  },
  { $id: 'EPCISCaptureJob' }
)
export type CaptureJob = Static<typeof CaptureJob>

/** A top-level resource, or what is found under one of its values. */
export const Collection = Type.Object(
  { '@context': Type.Unknown(), type: Type.Literal('Collection'), member: Type.Array(Type.String()) },
  { $id: 'EPCISCollection' }
)
