/** The syntaxes of a measurement type: bare word, CURIE and URI of the GS1 Web vocabulary. */

const forms = /^(?:https?:\/\/(?:www\.|ref\.)?gs1\.org\/(?:voc|cbv)\/|gs1:|cbv:)(?:MT-)?([A-Za-z]\w*)$/

/** The bare word of a GS1 measurement type in any syntax; any other text as it is. */
export function bareMeasurementType(text: string): string {
  return forms.exec(text)?.[1] ?? text
}
