/** Reads barcodes from pictures and the camera. The reader is our own copy; nothing is fetched from elsewhere. Loaded when first used. */
import { BarcodeDetector, prepareZXingModule, type BarcodeFormat } from 'barcode-detector/ponyfill'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'

const formats: BarcodeFormat[] = ['qr_code', 'data_matrix', 'code_128', 'ean_13', 'ean_8', 'upc_a', 'itf', 'databar_expanded']
const lookEveryMs = 250

let detector: BarcodeDetector | undefined

function reader(): BarcodeDetector {
  if (detector !== undefined) return detector
  prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasmUrl : prefix + path) } })
  detector = new BarcodeDetector({ formats })
  return detector
}

/** The first code in a picture; nothing when there is none. */
export async function readPicture(file: Blob): Promise<string | undefined> {
  const [found] = await reader().detect(file)
  return found?.rawValue
}

/** Shows the camera in `video` and resolves with the first code seen; ends when the signal does. */
export async function readCamera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
  try {
    video.srcObject = stream
    await video.play()
    while (!signal.aborted) {
      const [found] = await reader().detect(video)
      if (found !== undefined) return found.rawValue
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    return undefined
  } finally {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
}
