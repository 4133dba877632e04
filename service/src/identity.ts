/** Who may connect to the broker, and what for. Types, and how a user name is written; it knows no secrets. */

/**
 * device: its own topics. edge: the topics of every device at its point. sparkplug: one foreign edge node and its devices. collector: reads
 * everything, and sends what the platform sends to devices. service: everything (the platform's own parts).
 */
export const identityRoles = ['device', 'edge', 'sparkplug', 'collector', 'service'] as const
export type IdentityRole = (typeof identityRoles)[number]

export interface ClientIdentity {
  readonly role: IdentityRole
  /** Empty for a collector or service; the group of a Sparkplug edge node. */
  readonly point: string
  /** Device id, agent id, edge node or service name. */
  readonly device: string
}

/** What is known of a client's certificate after the TLS handshake, in which the client proved that it has the key. */
export interface CertificateFacts {
  /** The user name that it stands for (`certificate-identity.ts`); undefined when it names none, or more than one. */
  readonly username: string | undefined
  /** SHA-256 of the certificate, 64 hexadecimal digits. */
  readonly fingerprint: string
  /** The same of those that issued it, nearest first; empty unless the chain ends at an authority that the listener trusts. */
  readonly issuers: readonly string[]
  readonly validFromMs: number
  readonly validToMs: number
}

export interface ConnectRequest {
  readonly clientId: string
  /** `{point}/{device}`, or the name of a service. May be missing where a certificate names the client. */
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  /** Where the client is. */
  readonly address?: string
  readonly certificate?: CertificateFacts
  /** Called when it is refused because too many tries have failed: for a counter, not for the client. */
  readonly onThrottled?: () => void
}

export interface AdmittedClient extends ClientIdentity {
  /** The credential that was used. */
  readonly credential?: string
  /** From then on the credential is worth nothing, and the connection ends. */
  readonly expiresAtMs?: number
}

export interface DeviceDirectory {
  /**
   * Gives the identity, or undefined when the client is unknown or has nothing that proves who it is. Never throws for bad input;
   * rejects when it cannot tell now.
   */
  authenticate(request: ConnectRequest): Promise<AdmittedClient | undefined>
}

/** How a client of this identity signs in. */
export function usernameOf(identity: ClientIdentity): string {
  return identity.point === '' ? identity.device : `${identity.point}/${identity.device}`
}
