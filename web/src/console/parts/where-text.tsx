/** Where a case is: its point by name and, below, the place where that says more. */
import { useText } from '../../shared/use-text.ts'
import { useNames } from '../use-names.ts'

export function WhereText({ point, place }: { readonly point: string | undefined; readonly place: string | undefined }) {
  const { pick, language } = useText()
  const names = useNames()
  const known = point === undefined ? undefined : names.point(point)
  const pointName = known === undefined ? (point ?? '–') : pick(known.name)
  const placeName = place === undefined ? '' : names.of(place, language)
  return (
    <>
      {pointName}
      {placeName === '' || placeName === pointName ? null : (
        <>
          <br />
          <span className="quiet">{placeName}</span>
        </>
      )}
    </>
  )
}
