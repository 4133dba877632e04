/** The numbers of the wire contract, for parts that need no schema: a broker does not load one. */

/** Version of the wire contract; a change of any wire schema needs a new one (see `wire.test.ts`). */
export const wireVersion = 1

/** Most bytes of one MQTT payload. */
export const payloadBytesMax = 262_144

/** Most messages that one revision of a point's control orders is spread over. */
export const controlPartsMax = 16
