/** Nothing in the repository knows where it was made: no folder of a developer's machine. */
import { posix } from 'node:path'
import { type Finding, lineAt, type Tree } from './tree.ts'

/** Folders that every system has, or that examples speak of, say nothing about a developer. */
const STANDARD = /^\/(bin|boot|dev|etc|lib|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(\/|$)/
const HOMES = /(?<![\w.])\/(?:home|Users)\/(?!<|\$|\*)[\w.-]+/g

/** `checkout`: where this tree lies; its name and its parent's must not be in it. */
export function noWorkplace(tree: Tree, checkout: string): Finding[] {
  return [...tree].flatMap(([path, text]) =>
    [...text.matchAll(HOMES), ...text.matchAll(placesOf(checkout))].map(
      ({ 0: place, index }) => `${path}:${lineAt(text, index)}: ${place} is a place on somebody's machine`,
    ),
  )
}

function placesOf(checkout: string): RegExp {
  const places = [checkout, posix.dirname(checkout)].filter((place) => place !== '/' && !STANDARD.test(place))
  const pattern = places.map((place) => place.replace(/[.+*?^$()[\]{}|\\]/g, '\\$&')).join('|') || '(?!)'
  return new RegExp(`(?<![\\w.-])(${pattern})(?![\\w-])`, 'g')
}
