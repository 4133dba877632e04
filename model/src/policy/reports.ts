/** The policy of reports: how far each source is relied on, what may be handed in, when two reports tell of one event, and how goods are found. */
import { Type, type Static } from 'typebox'
import { reportSources, type ReportSource } from '../report-sources.ts'

const Share = Type.Number({ minimum: 0, maximum: 1 })
const Count = Type.Integer({ minimum: 1 })

export const attachmentMediaTypes = ['image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'video/mp4'] as const
/** Of one attachment, whatever the policy allows. */
export const attachmentBytesMax = 64 * 1_048_576
export type AttachmentMediaType = (typeof attachmentMediaTypes)[number]

export const ReportsPolicy = Type.Object(
  {
    source: Type.String(),
    reliability: Type.Record(Type.Enum(reportSources), Share, {
      description: 'Weight of one report of the source when reports are counted: 1 is relied on fully'
    }),
    attachments: Type.Object(
      {
        perReportMax: Type.Integer({ minimum: 0, maximum: 64 }),
        bytesMax: Type.Integer({ minimum: 1, maximum: attachmentBytesMax, description: 'Of one attachment' }),
        totalBytesMax: Type.Integer({ minimum: 1, description: 'Of all attachments of the installation' }),
        mediaTypes: Type.Array(Type.Enum(attachmentMediaTypes), { minItems: 1, maxItems: 16 })
      },
      { additionalProperties: false }
    ),
    intake: Type.Object(
      {
        publicPerHourPerNetworkMax: Count,
        publicPerHourMax: Type.Integer({ minimum: 1, description: 'From everybody together' }),
        linksInTextMax: Type.Integer({
          minimum: 0,
          description: 'Web addresses in the text of a public report; one more is taken for spam'
        }),
        bulkRowsMax: Type.Integer({ minimum: 1, maximum: 10_000 })
      },
      { additionalProperties: false }
    ),
    duplicates: Type.Object(
      {
        windowMs: Type.Integer({ minimum: 60_000, description: 'Two reports further apart tell of two events' }),
        similarity: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Estimated Jaccard similarity of the shingled texts from which two are one'
        }),
        textLengthMin: Type.Integer({ minimum: 0, description: 'Shorter texts are compared as a whole only' })
      },
      { additionalProperties: false }
    ),
    linking: Type.Object(
      {
        candidatesMax: Type.Integer({ minimum: 1, maximum: 20 }),
        candidateScore: Type.Number({ minimum: 0, maximum: 1, description: 'A product is named as a candidate from this score' }),
        linkScore: Type.Number({ minimum: 0, maximum: 1, description: 'The best candidate is linked by the machine from this score' }),
        linkMargin: Type.Number({ minimum: 0, maximum: 1, description: 'And when the next one is worse by so much' })
      },
      { additionalProperties: false }
    ),
    personalDataKeptMs: Type.Integer({
      minimum: 0,
      description: 'Name and contact of a reporter are removed so long after the report is settled'
    })
  },
  { additionalProperties: false }
)
export type ReportsPolicy = Static<typeof ReportsPolicy>

const dayMs = 86_400_000

const reliability: Readonly<Record<ReportSource, number>> = {
  consumerComplaint: 0.6,
  company: 0.8,
  inspectionBody: 1,
  certificationBody: 0.9,
  university: 0.8,
  association: 0.7,
  publicOpinion: 0.3,
  injurySurvey: 1,
  foodborneDiseaseSurvey: 1,
  counterfeitSearch: 0.8,
  bilateralNotice: 0.9,
  trafficAccident: 0.9,
  fire: 0.9,
  singleWindow: 0.9,
  insider: 0.5
}

export const reportsDefaults: ReportsPolicy = {
  source: '[ours] Guofa [2017] No. 43, tasks 2 and 4 name the sources; weights, limits and thresholds are left to the authority',
  reliability,
  attachments: {
    perReportMax: 5,
    bytesMax: 5 * 1_048_576,
    totalBytesMax: 2_048 * 1_048_576,
    mediaTypes: [...attachmentMediaTypes]
  },
  intake: { publicPerHourPerNetworkMax: 60, publicPerHourMax: 2_000, linksInTextMax: 3, bulkRowsMax: 1_000 },
  duplicates: { windowMs: 14 * dayMs, similarity: 0.7, textLengthMin: 40 },
  linking: { candidatesMax: 5, candidateScore: 0.35, linkScore: 0.9, linkMargin: 0.15 },
  personalDataKeptMs: 365 * dayMs
}
