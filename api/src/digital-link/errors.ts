/** The operating errors of the Digital Link resolver; codes are public. It holds the table only. */
import { defineErrors } from '@tracegate/model/errors'

export const linkError = defineErrors({
  LINK_INVALID: { status: 400, message: 'Cannot resolve the link: {reason}' },
  LINK_TOO_LONG: { status: 414, message: 'Cannot resolve the link: it has {length} characters, expected at most {lengthMax}' },
  LINK_SHORT_NAME: {
    status: 400,
    message: 'Cannot resolve the link: it begins with "/{name}/", a name that GS1 Digital Link withdrew, expected "/{ai}/"'
  },
  LINK_UNKNOWN: {
    status: 404,
    message: 'Cannot resolve the link: {key} is well formed, but neither it nor its lot or product is known here'
  },
  LINK_TYPE_UNKNOWN: { status: 404, message: 'Cannot resolve the link: {key} has no link of type "{linkType}", expected one of {known}' },
  LINK_TYPE_INVALID: { status: 400, message: 'Cannot resolve the link: linkType is "{linkType}", expected linkset or one such as gs1:pip' },
  LINKS_KEY: { status: 400, message: 'Cannot keep links: "{key}" is no GS1 key, expected a Digital Link or EPC URN' },
  LINKS_INVALID: { status: 400, message: 'Cannot keep links of {key}: {count} of them are wrong' },
  LINKS_ABSENT: { status: 404, message: 'Cannot find links: none are kept for {key}' },
  LINKS_FULL: { status: 409, message: 'Cannot keep links: {count} keys have some, expected fewer than {max}' },
  LINKS_CHANGED: { status: 412, message: 'Cannot change links of {key}: they are at version {current}, expected {wanted}' },
  LINKS_PRECONDITION: {
    status: 428,
    message: 'Cannot change links of {key}: they are at version {current}, expected If-Match: "{current}" to say that this was seen'
  }
})
