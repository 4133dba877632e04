/** English texts of the public trace page. */
export const traceEn = {
  'public.title': 'Check a thing you bought',
  'public.about': 'Type or scan the code on the package to read its history and any warning about it.',
  'public.code': 'Code on the package',
  'public.hint': 'GTIN, SSCC, a code in brackets such as (01)…(21)…, or a web link printed as QR code. A USB scanner works too.',
  'public.look': 'Look up',
  'public.brand': 'Brand: {{brand}}',
  'public.unknown': 'No event of this thing has reached us. That alone does not mean that it is fake or unsafe.',
  'public.noWarning': 'No published warning names this thing.',
  'public.since': 'In force since {{time}}',
  'public.asOf': 'As known at {{time}}',
  'public.foot':
    'Tracegate shows what companies, ports and laboratories recorded. No sign-in needed; what you look up is not linked to you.',
  'scan.camera': 'Scan with the camera',
  'scan.stop': 'Stop the camera',
  'scan.photo': 'Read from a photo',
  'scan.nothing': 'No code found in the picture. Try again closer, with more light, or type the code.',
  'scan.photoFailed': 'The photo cannot be read. Use a PNG or JPEG picture, or type the code.',
  'scan.cameraFailed': 'The camera cannot be used. Allow it in the browser, or type the code.'
} as const
