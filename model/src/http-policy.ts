/** Requests and answers of `/api/v1/policy`. */
import { Type } from 'typebox'
import { QueryTime } from './http.ts'
import { PolicyDifference } from './policy/diff.ts'
import { PolicyVersion } from './policy/policy.ts'
import { TimeMs } from './wire.ts'

const closed = { additionalProperties: false } as const
const Version = Type.Integer({ minimum: 1 })

export const PolicyAt = Type.Object({ at: Type.Optional(QueryTime) })

const { policy: _policy, ...versionMembers } = PolicyVersion.properties
export const PolicyVersionRow = Type.Object({ ...versionMembers, current: Type.Boolean() })
export const PolicyVersionList = Type.Object({ items: Type.Array(PolicyVersionRow) })

/** The whole policy, or what changes of a version as JSON Merge Patch (RFC 7396): lists are replaced whole, null takes a member away. */
const document = {
  policy: Type.Optional(Type.Unknown({ description: 'The whole policy; `/api/v1/policy/schema` says what it holds' })),
  base: Type.Optional(Type.Integer({ minimum: 1, description: 'The version that `change` changes; the newest by default' })),
  change: Type.Optional(Type.Unknown({ description: 'Members that change, as JSON Merge Patch (RFC 7396)' }))
} as const

export const PolicyCheckRequest = Type.Object(document, closed)
export const NewPolicyRequest = Type.Object(
  {
    ...document,
    why: Type.String({ minLength: 1, maxLength: 4_096 }),
    effectiveFromMs: Type.Optional(TimeMs),
    expectedVersion: Type.Optional(Type.Integer({ minimum: 1, description: 'The newest version that the caller has seen' }))
  },
  closed
)
export const PolicyDiffQuery = Type.Object({ from: Version, to: Version })
export const PolicyDiff = Type.Object({ from: Version, to: Version, differences: Type.Array(PolicyDifference) })
export const PolicyChecked = Type.Object({ base: Version, differences: Type.Array(PolicyDifference) })
export const PolicySchemaAnswer = Type.Unknown({ description: 'JSON Schema' })
