/**
 * Reads barcodes from pictures and the camera. The reader is our own copy, glue and WebAssembly of one package so that they fit;
 * nothing is fetched from elsewhere. Loaded when first used.
 */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader'
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url'

/** GS1 codes come as people read them, `(01)…(21)…`: no separator is lost on the way to the api. */
const options: ReaderOptions = {
  formats: ['QRCode', 'DataMatrix', 'Code128', 'EAN13', 'EAN8', 'UPCA', 'ITF', 'DataBarExpanded'],
  textMode: 'HRI',
  maxNumberOfSymbols: 1
}
const lookEveryMs = 250
const picturePixelsMax = 16_000_000

prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasmUrl : prefix + path) } })

/** The first code in a picture; nothing when there is none. Rejects when it is no picture. */
export async function readPicture(file: Blob): Promise<string | undefined> {
  const bitmap = await createImageBitmap(file)
  try {
    return await readImage(bitmap, { width: bitmap.width, height: bitmap.height })
  } finally {
    bitmap.close()
  }
}

/** Shows the camera in `video` and resolves with the first code seen; ends when the signal does. */
export async function readCamera(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
  try {
    video.srcObject = stream
    await video.play()
    while (!signal.aborted) {
      const found = await readImage(video, { width: video.videoWidth, height: video.videoHeight })
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    return undefined
  } finally {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
}

/** Very large photos are made smaller first: a phone's memory is not ours. */
async function readImage(image: CanvasImageSource, size: { readonly width: number; readonly height: number }): Promise<string | undefined> {
  const scale = Math.min(1, Math.sqrt(picturePixelsMax / (size.width * size.height)))
  const width = Math.max(1, Math.round(size.width * scale))
  const height = Math.max(1, Math.round(size.height * scale))
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (context === null) return undefined
  context.drawImage(image, 0, 0, width, height)
  const [found] = await readBarcodes(context.getImageData(0, 0, width, height), options)
  return found?.isValid === true ? found.text : undefined
}
