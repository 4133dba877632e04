/** Points and a product for the tests of the detectors. Nothing of the product imports it. */
import type { MonitoringPoint, Product } from '@tracegate/model/registers'

export function testPoint(id: string, kind: MonitoringPoint['kind'], gln: string, latitude: number, longitude: number): MonitoringPoint {
  return {
    id,
    key: `https://id.gs1.org/414/${gln}`,
    name: { zh: id, en: id },
    kind,
    unlocode: 'CNSHA',
    latitude,
    longitude,
    operator: '9506000134338',
    industries: [],
    places: []
  }
}

export const testProduct: Product = {
  gtin: '09506000134352',
  key: 'https://id.gs1.org/01/09506000134352',
  name: { zh: '疫苗', en: 'Vaccine' },
  brand: 'B',
  hsCode: '300241',
  manufacturer: '9506000134338',
  regime: 'general',
  harm: 4,
  hazard: 'health',
  inspectionRequired: true
}
