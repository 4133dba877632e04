/** The coded errors of building the pages. Errors of requests are the api's own codes, kept by `RequestError`. */
import { defineErrors } from '@tracegate/model/errors'

export const webError = defineErrors({
  WEB_BUILD_FAILED: { status: 500, message: 'Cannot build the pages: Vite ended with {exit}, expected 0; its output: {output}' },
  WEB_BUILD_UNAVAILABLE: {
    status: 500,
    message: 'Cannot build the pages: {folder} holds no console.html and Vite is not installed, expected one of them (npm ci)'
  }
})
