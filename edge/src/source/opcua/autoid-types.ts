/** The scan results of the AutoID companion specification (OPC 30010, model 1.01) as the decoder gives them. Names say the unit. */

export const autoIdNamespace = 'http://opcfoundation.org/UA/AutoID/'

/** Numeric ids of the Default Binary encodings in the AutoID namespace. */
export const autoIdEncodings = {
  ScanResult: 5002,
  OcrScanResult: 5004,
  RfidScanResult: 5011,
  OpticalScanResult: 5040,
  RtlsLocationResult: 5048,
  OpticalVerifierScanResult: 5052
} as const

export interface RfidSighting {
  readonly antenna: number
  readonly strengthDbm: number
  readonly timeMs: number | undefined
  /** In the unit that the reader was set to. */
  readonly powerLevel: number
}

/** Where the code stands in the picture, in its pixels, and how it is turned, in degrees. */
export interface CodePosition {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly rotationDegrees: number
}

export type ScanLocation =
  | { readonly type: 'nmea'; readonly sentence: string }
  | {
      readonly type: 'local'
      readonly x: number
      readonly y: number
      readonly z: number
      readonly timeMs?: number
      readonly dilutionOfPrecision: number
      readonly usefulPrecision: number
    }
  | {
      readonly type: 'wgs84'
      /** South and west are negative. */
      readonly latitude: number
      readonly longitude: number
      readonly altitudeM: number
      readonly timeMs?: number
      readonly dilutionOfPrecision: number
      readonly usefulPrecisionLatLon: number
      readonly usefulPrecisionAlt: number
    }
  | { readonly type: 'name'; readonly name: string }

export type ScanContent =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'epc'; readonly pc: number; readonly bytes: Uint8Array; readonly xpcW1: number; readonly xpcW2: number }
  /** A value of the maker's own type, still encoded. */
  | { readonly type: 'custom'; readonly bytes: Uint8Array }

export interface AutoIdResult {
  readonly codeType: string
  readonly data: ScanContent
  readonly timeMs: number | undefined
  readonly location?: ScanLocation
  readonly symbology?: string
  readonly grade?: number
  readonly position?: CodePosition
  readonly imageId?: string
  readonly sightings?: readonly RfidSighting[]
  /** Sightings past the limit that were not read. */
  readonly sightingsLeftOut?: number
  readonly ocr?: { readonly quality: number; readonly font?: string; readonly decodedAtMs?: number }
  readonly verifier?: Readonly<Record<'isoGrade', string> & Record<(typeof verifierFigures)[number], number>>
  readonly movement?: {
    readonly speedMps: number
    readonly headingDegrees: number
    readonly yaw: number
    readonly pitch: number
    readonly roll: number
    readonly receivedAtMs?: number
  }
}

/** The figures of an optical verifier (ISO/IEC 15415, 15416), in the order of their encoding. */
export const verifierFigures = ['rMin', 'symbolContrast', 'ecMin', 'modulation', 'defects', 'decodability', 'decode', 'printGain'] as const
