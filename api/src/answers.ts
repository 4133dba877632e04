/** Small parts that the schemas of several routes share. */
import { Type, type TSchema } from 'typebox'
import { Problem } from '@tracegate/model/http'

const problem = { description: 'RFC 9457 problem details', content: { 'application/problem+json': { schema: Problem } } }

const problems = { '4xx': problem, '5xx': problem }

/** The answers of a route: the good one and the problem that every route may give. */
export function answers<Schema extends TSchema>(schema: Schema) {
  return { 200: schema, ...problems }
}

/** For a route whose good answer is a file of another kind than JSON. */
export function fileAnswers(mediaType: string, description: string): Readonly<Record<string, unknown>> {
  return { 200: { description, content: { [mediaType]: { schema: Type.Unknown() } } }, ...problems }
}

export const Empty = Type.Null({ description: 'no content' })
export const limitDefault = 100
export const Id = Type.String({ minLength: 1, maxLength: 256 })
export const PointName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
