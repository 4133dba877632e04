/**
 * Coded errors: every operating error of Tracegate carries a public code from a package's table. Programmer errors
 * assert and crash instead. Packages define their own table with `defineErrors`; nothing here knows any of them.
 */

/** One row of a package's error table. `status` is the HTTP status the api answers with. */
export interface ErrorDefinition {
  readonly status: number
  /** States the action, the current value and the wanted value; `{name}` is replaced by the parameter of that name. */
  readonly message: string
}

export type ErrorParameters = Readonly<Record<string, string | number | boolean>>

/** An operating error. `code` is public and documented; `parameters` carry the values the message names. */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  readonly code: string
  readonly status: number
  readonly parameters: ErrorParameters

  constructor(options: { code: string; status: number; message: string; parameters: ErrorParameters; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.status = options.status
    this.parameters = options.parameters
  }
}

/** Makes the constructor function of a package's errors from its table. */
export function defineErrors<const Table extends Readonly<Record<string, ErrorDefinition>>>(table: Table) {
  return function codedError(code: keyof Table & string, parameters: ErrorParameters = {}, cause?: unknown): CodedError {
    const definition = table[code]
    if (definition === undefined) throw new TypeError(`Cannot make error: code is "${code}", expected one of the table`)
    const message = definition.message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole))
    return new CodedError({ code, status: definition.status, message, parameters, cause })
  }
}

/** Why an input was refused: kept with the dead letter and served in problem details. */
export interface Reason {
  /** Public code, `UPPER_SNAKE`. */
  readonly code: string
  /** JSON pointer (RFC 6901) into the input; empty for the whole. */
  readonly pointer: string
  /** What was found and what was expected. */
  readonly message: string
}
