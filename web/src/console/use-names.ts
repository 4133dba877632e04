/** The names behind keys, for components of the console. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { namesQuery } from '../data/queries.ts'
import { emptyNameBook, indexNames, type Names } from '../shared/names.ts'

export function useNames(): Names {
  const { data } = useQuery(namesQuery)
  return useMemo(() => indexNames(data ?? emptyNameBook), [data])
}
